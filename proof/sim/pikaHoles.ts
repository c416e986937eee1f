// Pika's traps (docs/pika.md) planted in the product, one at a time: as if nobody had known of them.
import type { Action } from '../../src/core/action.ts'
import type { Reading } from '../../src/core/model.ts'
import type { Engine, Script } from '../../src/engines/engine.ts'
import { pika } from '../../src/engines/pika.ts'
import type { Options } from '../../src/sim/history.ts'
import { rowOf } from '../../src/sim/rows.ts'
import type { Hole } from './holes.ts'

function engine(change: Partial<Engine>): Partial<Options> {
  return { engine: { ...pika, ...change } }
}

function readings(edit: (reading: Reading) => Reading): Partial<Options> {
  return engine({
    readProbe: (replies) => {
      const result = pika.readProbe(replies)
      return result.ok ? { ok: true, reading: edit(result.reading) } : result
    },
  })
}

function asWhole(reading: Reading): Reading {
  const whole: { -readonly [Field in keyof Reading]: Reading[Field] } = { ...reading, usable: true }
  delete whole.partial
  return whole
}

/** As many commands, so that results are read by the real ones; also of those that are made when the access list is known. */
function scripts(edit: (commands: Script['commands'], action: Action) => Script['commands']): Partial<Options> {
  const edited = (script: Script, action: Action): Script => ({ ...script, commands: edit(script.commands, action) })
  return engine({
    script: (action) => edited(pika.script(action), action),
    followUp: (action, ...asked) => {
      const more = pika.followUp(action, ...asked)
      return more === null ? null : edited(more, action)
    },
  })
}

function commands(edit: (command: readonly string[]) => readonly string[]): Partial<Options> {
  return scripts((all) => all.map(edit))
}

/** CONFIG REWRITE last, as after any other change of role. */
function rewriteLast(all: Script['commands'], action: Action): Script['commands'] {
  const [rewrite, toNobody] = all.slice(-2)
  return action.name !== 'promote' || rewrite?.[0] !== 'CONFIG' || toNobody === undefined ? all : [...all.slice(0, -2), toNobody, rewrite]
}

function off(...ids: readonly string[]): Partial<Options> {
  for (const id of ids) rowOf(id).when = () => false
  return {}
}

const traps: readonly Omit<Hole, 'engines'>[] = [
  {
    name: 'P1-promoteUnfenced',
    what: 'P1: a promotion writes its file as a primary, without the fence',
    plant: () => scripts(rewriteLast),
  },
  { name: 'P2-plain', what: 'P2: an old primary is attached plainly, whatever it holds', plant: () => engine({ namesHistories: true }) },
  {
    name: 'P2-notForced',
    what: 'P2: a copy that is needed is not forced',
    plant: () => commands((command) => (command[3] === 'force' ? command.slice(0, 3) : command)),
  },
  {
    name: 'P4-everybodyEqual',
    what: 'P4: positions are not compared, the one that holds less is promoted',
    plant: () => engine({ comparePositions: () => ({ order: 'equal' }) }),
  },
  {
    name: 'P5-halfCopied',
    // In the record it would be in doubt until a copy was seen to its end.
    what: 'P5, P16: a part of a copy counts as a whole one, and who is to be copied is known to the process only',
    plant: () => ({ ...off('steady.copies', 'node.unrecorded'), ...readings(asWhole) }),
  },
  { name: 'P6-linkIsLife', what: 'P6: a link that says up speaks for its primary', plant: () => engine({ canProveLink: true }) },
  { name: 'P7-wokenOpen', what: 'P1, P7: a primary that is back or wakes is not closed', plant: () => off('node.still') },
  {
    name: 'P9-keepsItsId',
    what: 'P9: another replication id is not forgotten',
    plant: () => commands((command) => (command[0] === 'CLEARREPLICATIONID' ? ['PING'] : command)),
  },
  { name: 'P13-atOnce', what: 'P13: attached again before the old connection is closed', plant: () => engine({ rejoinAfterMs: 0 }) },
  {
    name: 'P14-unwritten',
    what: 'P14: a role is not written into the file',
    plant: () => commands((command) => (command[1] === 'REWRITE' ? ['PING'] : command)),
  },
  { name: 'P15-blockedIsSilent', what: 'P15: a node that changes its role counts as silent', plant: () => engine({ roleChangeMs: 0 }) },
  { name: 'P16-linksStay', what: 'P8, P9, P16: a link that failed for good is left alone', plant: () => off('node.mend') },
  { name: 'P18-sentIsHeld', what: 'P18: what was sent counts as held', plant: () => engine({ listsAcknowledged: true }) },
]

export const pikaHoles: readonly Hole[] = traps.map((trap) => ({ ...trap, engines: 'pika' }))
