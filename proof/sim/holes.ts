// Holes planted in the product, one at a time: the simulator must find each. Nothing of the product's files is changed.
import { amended } from '../../src/core/draft.ts'
import { closedGuard } from '../../src/core/limits.ts'
import { lossOf } from '../../src/core/loss.ts'
import type { Action } from '../../src/core/action.ts'
import {
  type GroupRecord,
  type NodeId,
  type Policy,
  type Position,
  type ProbeResult,
  type Reading,
  isMoving,
} from '../../src/core/model.ts'
import { flapping } from '../../src/core/diagnose.ts'
import { type NodeView, answers } from '../../src/core/observe.ts'
import { type Case, type Decision, type RecordDraft, type Step, hold, save } from '../../src/core/rule.ts'
import { say } from '../../src/core/said.ts'
import type { Engine, Script } from '../../src/engines/engine.ts'
import { redis } from '../../src/engines/redis.ts'
import type { Group } from '../../src/controller/group.ts'
import type { Effect, Input } from '../../src/ports.ts'
import type { Tampering } from '../../src/sim/controllerHost.ts'
import type { Options } from '../../src/sim/history.ts'
import type { Engines } from '../../src/sim/draw.ts'
import { rowOf } from '../../src/sim/rows.ts'
import { pikaHoles } from './pikaHoles.ts'

export interface Hole {
  readonly name: string
  readonly what: string
  /** On whose groups it is looked for; left out: redis. */
  readonly engines?: Engines
  plant(): Partial<Options>
}

// ------------------------------------------------------------------------------------------- the tools

type Then = (c: Case) => Step | Decision

function off(...ids: readonly string[]): Partial<Options> {
  for (const id of ids) rowOf(id).when = () => false
  return {}
}

/** Replaces what a rule does; `was` is what it did. */
function change(id: string, then: (c: Case, was: Then) => Step | Decision): Partial<Options> {
  const row = rowOf(id)
  const was = row.then as Then
  row.then = (c: Case) => then(c, was)
  return {}
}

function stepOf(result: Step | Decision): Step {
  return 'step' in result ? result.step : result
}

/** The record that a rule wants to save is another one. */
function draft(result: Step | Decision, edit: (record: RecordDraft) => RecordDraft): Step | Decision {
  const step = stepOf(result)
  if (step.kind !== 'save') return result
  const edited: Step = { ...step, record: edit(step.record) }
  return 'step' in result ? { ...result, step: edited } : edited
}

/** And says nothing of what it may lose. */
const lossless = (record: RecordDraft): RecordDraft => (record.phase === 'failover' ? { ...record, ...lossOf(null) } : record)

function underPolicy(id: string, policy: Partial<Policy>): Partial<Options> {
  return change(id, (c, was) => draft(was({ ...c, s: { ...c.s, policy: { ...c.s.policy, ...policy } } }), lossless))
}

function scripts(edit: (action: Action, script: Script) => Script): Partial<Options> {
  return { engine: { ...redis, script: (action) => edit(action, redis.script(action)) } }
}

function without(script: Script, ...words: readonly string[]): Script {
  return { ...script, commands: script.commands.filter((command) => !words.every((word, at) => command[at] === word)) }
}

/** The engine reads something else. Replies of a shorter script must still count as complete, so results are read by the real action. */
function readings(edit: (reading: Reading) => Reading): Partial<Options> {
  const readProbe = (replies: Parameters<Engine['readProbe']>[0]): ProbeResult => {
    const result = redis.readProbe(replies)
    return result.ok ? { ok: true, reading: edit(result.reading) } : result
  }
  return { engine: { ...redis, readProbe } }
}

function compares(compare: Engine['comparePositions']): Partial<Options> {
  return { engine: { ...redis, comparePositions: compare } }
}

function hears(input: NonNullable<Tampering['input']>): Partial<Options> {
  return { tampering: { input } }
}

function does(effects: (effects: readonly Effect[]) => readonly Effect[]): Partial<Options> {
  return { tampering: { effects } }
}

function everyNth(n: number): () => boolean {
  let count = 0
  return () => ++count % n === 0
}

const offsetOf = (position: Position): number => (position.kind === 'stream' ? position.offset : 0)

// ------------------------------------------------------------------------------------------- the holes

/** Believes the reply to its command instead of the node. */
function believesReply(): Partial<Options> {
  rowOf('failover.seen').when = (c: Case) => {
    const candidate = isMoving(c.record) ? c.s.nodes.get(c.record.candidate) : undefined
    return candidate !== undefined && answers(candidate) && c.s.memory.promotedIn === c.record.epoch && candidate.acting === null
  }
  return {}
}

function offsetsOnly(): Partial<Options> {
  return compares((a, b) => {
    const difference = offsetOf(a) - offsetOf(b)
    if (difference === 0) return { order: 'equal' }
    return { order: difference > 0 ? 'ahead' : 'behind', tail: Math.abs(difference) }
  })
}

function onlySelf(record: GroupRecord): GroupRecord['inSync'] {
  return record.inSync.filter((member) => member.node === record.primary)
}

const rules: readonly Hole[] = [
  {
    name: 'shrinkAtDeath',
    what: "the in-sync set is shrunk by the primary's own death",
    plant: () =>
      change('steady.suspect', (c, was) =>
        c.record.inSync.length > 1
          ? save(say('text', { text: 'shrinks' }), amended(c.s, c.record, { inSync: onlySelf(c.record) }))
          : was(c),
      ),
  },
  { name: 'staleSet', what: 'a set that nobody watched is trusted', plant: () => underPolicy('steady.lost', { acceptStaleRisk: true }) },
  {
    name: 'splitRisk',
    what: 'primary and one replica isolated together: nobody asks for the missing replica',
    plant: () => {
      off('failover.consent')
      return underPolicy('steady.lost', { acceptSplitRisk: 'always' })
    },
  },
  { name: 'replyIsProof', what: 'NO ONE applied and its reply lost, or the other way round: the reply is believed', plant: believesReply },
  {
    name: 'intentWithNewSet',
    what: 'the intent is saved with the new set',
    plant: () =>
      change('steady.lost', (c, was) =>
        draft(was(c), (record) =>
          record.phase === 'failover'
            ? { ...record, inSync: [{ node: record.candidate, incarnation: record.candidateIs.incarnation }] }
            : record,
        ),
      ),
  },
  {
    name: 'shrinkInFlight',
    what: "a removal that was not durable when the primary died does not count, nor does the primary's last word on its replicas",
    plant: () => hears(everybodyListed),
  },
  {
    name: 'addressReused',
    what: "an address is another group's by now, and its data are taken for ours",
    plant: () =>
      readings((reading) => ({ ...reading, mark: reading.mark === null ? null : { ...reading.mark, group: 'g', installation: 'inst' } })),
  },
  {
    name: 'handUndone',
    what: 'an operator moves the primary by hand, and it is undone',
    plant: () => off('steady.moved', 'steady.handover', 'node.handover'),
  },
  {
    name: 'backupRepeats',
    what: 'a restored backup repeats the epochs after it',
    plant: () => hears(noLaterMark),
  },
  {
    name: 'newerFollows',
    what: 'a restored backup lets newer data be wiped',
    plant: () => off('node.newerLed', 'node.newer', 'node.feedsNewer'),
  },
  {
    name: 'siblingsStay',
    what: 'a guarded primary is fed by a sibling that was not moved',
    plant: () => off('failover.detach', 'failover.detaching'),
  },
  { name: 'cutIsDeath', what: 'a primary that only the controller cannot reach is replaced', plant: () => hears(linksUnheard) },
  {
    name: 'abandonedSwitchover',
    what: 'a switchover whose controller died or that took too long is never given up',
    plant: () => off('switchover.abort'),
  },
  { name: 'ringIsHealthy', what: 'whom a replica follows is not looked at', plant: () => off('node.follow') },
  { name: 'oldPrimaryStays', what: 'an old primary is not demoted', plant: () => off('node.demote', 'node.queueDemotion') },
  {
    name: 'flapHoldsDead',
    what: 'anti-flapping holds a dead group',
    plant: () => change('steady.lost', (c, was) => (flapping(c.s) ? hold(say('text', { text: 'too many failovers' })) : was(c))),
  },
  {
    name: 'sameEpoch',
    what: 'another primary at the same epoch',
    plant: () => change('steady.lost', (c, was) => draft(was(c), (record) => ({ ...record, epoch: c.record.epoch }))),
  },
  { name: 'neverShrunk', what: 'a replica that lost its link stays in the in-sync set', plant: () => off('steady.shrink') },
  { name: 'candidateForEver', what: 'a candidate that died is waited for', plant: () => off('failover.again') },
  { name: 'neverOpened', what: 'a new primary is not opened', plant: () => off('steady.open', 'steady.tighten') },
  {
    name: 'switchWithoutData',
    what: 'a switchover does not wait for the candidate to have everything',
    plant: () => {
      rowOf('switchover.demote').when = (c: Case) => c.verdict.kind === 'alive' && c.s.memory.writesPausedAt === null
      rowOf('switchover.promote').when = (c: Case) => c.verdict.kind === 'not primary'
      return {}
    },
  },
  {
    name: 'priorityIgnored',
    what: 'a node of priority 0 is promoted',
    plant: () =>
      change('steady.lost', (c, was) =>
        was({
          ...c,
          s: { ...c.s, nodes: new Map([...c.s.nodes].map(([id, node]) => [id, { ...node, spec: { ...node.spec, priority: 100 } }])) },
        }),
      ),
  },
  {
    name: 'noData',
    what: 'the group forgets that it has data',
    plant: () =>
      hears((input) =>
        input.kind === 'loaded' && input.stored !== null
          ? { ...input, stored: { ...input.stored, value: { ...input.stored.value, hasData: false } } }
          : input,
      ),
  },
  {
    name: 'emptyIsFull',
    what: 'an empty node counts as one with data',
    plant: () => readings((reading) => ({ ...reading, keys: Math.max(1, reading.keys) })),
  },
  {
    name: 'calledEmpty',
    what: 'when the primary is lost all data are called gone, although somebody has them',
    plant: () => change('steady.lost', (c, was) => was({ ...c, s: { ...c.s, nodes: new Map([...c.s.nodes].map(emptied)) } })),
  },
]

const engines: readonly Hole[] = [
  { name: 'unknownIsZero', what: 'full stop with append-only files: offsets are compared whatever their history', plant: offsetsOnly },
  { name: 'everybodyEqual', what: 'positions are not compared at all', plant: () => compares(() => ({ order: 'equal' })) },
  { name: 'oneProcessForEver', what: 'a restart within 20 ms is not noticed', plant: () => hears(sameIncarnation) },
  {
    name: 'promoteUnfenced',
    what: 'all replicas sync from a reborn primary: the promotion leaves no fence in the file',
    plant: () => scripts((action, script) => (action.name === 'promote' ? { ...script, commands: swapRewrite(script.commands) } : script)),
  },
  {
    name: 'promoteOpen',
    what: 'a promotion that is open at once',
    plant: () => scripts((action, script) => (action.name === 'promote' ? { ...script, commands: script.commands.map(opened) } : script)),
  },
  {
    name: 'fileNamesOld',
    what: "the new primary's file names the old one",
    plant: () => ({ ...scripts((action, script) => (action.name === 'promote' ? pinged(script) : script)) }),
  },
  {
    name: 'ackedAtOnce',
    what: 'a replica counts as in sync as soon as its link is up',
    plant: () =>
      readings((reading) => ({
        ...reading,
        replicas: reading.replicas.map((replica) => ({ ...replica, online: true, acked: offsetOf(reading.position) })),
      })),
  },
]

const processes: readonly Hole[] = [
  {
    name: 'lateWord',
    what: 'what a controller that is gone left in the sockets of a node is executed after its successor spoke',
    plant: () => ({ engine: { ...redis, followUp: () => null } }),
  },
  { name: 'lostAnswer', what: 'one answer of many is dropped', plant: () => hears(dropSome()) },
  {
    name: 'unknownIsSaved',
    what: 'a save whose outcome is unknown counts as saved',
    plant: () => hears((input) => (isUnknown(input) ? { kind: 'saved', id: input.id, result: { ok: true, version: 1 } } : input)),
  },
  {
    name: 'canaryCalledHung',
    what: 'the canary is refused for lack of replicas, and the primary is called hung',
    plant: () => hears(calledHung),
  },
  { name: 'timersFirst', what: 'timers before sockets after standing still', plant: () => ({ tampering: { timersFirst: true } }) },
  { name: 'pauseErases', what: 'whenever it stood still, every silence starts anew', plant: () => hears(forgetful) },
  { name: 'actsBeforeSave', what: 'a save is reported done before it is', plant: () => savedEarly() },
  { name: 'logForEver', what: 'every step is written into the log', plant: () => does(noisy) },
]

export const holes: readonly Hole[] = [...rules, ...engines, ...processes, ...pikaHoles]

// ------------------------------------------------------------------------------------------ their parts

function emptied([id, node]: readonly [NodeId, NodeView]): readonly [NodeId, NodeView] {
  return [id, node.reading === null ? node : { ...node, reading: { ...node.reading, keys: 0 } }]
}

function sameIncarnation(input: Input): Input {
  if (input.kind !== 'probed' || !input.result.ok) return input
  return { ...input, result: { ok: true, reading: { ...input.result.reading, incarnation: `the process of ${input.node}` } } }
}

/** The primary lists every node as a replica that keeps up. */
function everybodyListed(input: Input, group: Group): Input {
  if (input.kind !== 'probed' || !input.result.ok || input.node !== group.record?.primary) return input
  const { reading } = input.result
  const others = [...group.view.values()].filter((node) => node.spec.id !== input.node)
  const replicas = others.map(({ spec: { host, port } }) => ({ host, port, online: true, acked: offsetOf(reading.position) }))
  return { ...input, result: { ok: true, reading: { ...reading, replicas } } }
}

/** No mark is read as later than the record. */
function noLaterMark(input: Input, group: Group): Input {
  if (input.kind !== 'probed' || !input.result.ok || group.record === null) return input
  const { reading } = input.result
  if (reading.mark === null) return input
  const { given: _given, ...bears } = reading.mark
  const mark = { ...bears, epoch: Math.min(bears.epoch, group.record.epoch) }
  return { ...input, result: { ok: true, reading: { ...reading, mark } } }
}

/** While the primary does not answer, the links of its replicas are taken for down. */
function linksUnheard(input: Input, group: Group): Input {
  const { record } = group
  if (input.kind !== 'probed' || !input.result.ok || record === null || group.view.get(record.primary)?.failure == null) return input
  const { reading } = input.result
  if (reading.upstream === null) return input
  return { ...input, result: { ok: true, reading: { ...reading, upstream: { ...reading.upstream, linkUp: false } } } }
}

/** The file is written only after the node is a primary, as without a boot fence. */
function swapRewrite(commands: Script['commands']): Script['commands'] {
  const rest = commands.filter((command) => command[1] !== 'REWRITE')
  const rewrite = commands.filter((command) => command[1] === 'REWRITE')
  return [...rest, ...rewrite]
}

function opened(command: readonly string[]): readonly string[] {
  return command.at(-1) === String(closedGuard) ? ['CONFIG', 'SET', 'min-replicas-to-write', '0'] : command
}

/** As many replies, and nothing in the file. */
function pinged(script: Script): Script {
  const kept = without(script, 'REPLICAOF', '127.0.0.1').commands.map((command) => (command[1] === 'REWRITE' ? ['PING'] : command))
  return { ...script, commands: [['PING'], ...kept] }
}

function dropSome(): (input: Input) => Input | null {
  const now = everyNth(2000)
  return (input) => (input.kind === 'probed' && now() ? null : input)
}

function isUnknown(input: Input): input is Extract<Input, { kind: 'saved' }> {
  return input.kind === 'saved' && !input.result.ok && input.result.reason === 'unknown'
}

function calledHung(input: Input): Input {
  if (input.kind !== 'acted' || input.result.ok || input.result.code !== 'NOREPLICAS') return input
  return { ...input, result: { ...input.result, code: 'MISCONF' } }
}

function forgetful(input: Input): Input {
  return input.kind === 'tick' && input.stalledMs > 0 ? { ...input, stalledMs: Infinity } : input
}

/** The group hears OK in place of a conflict and of an unknown outcome. */
function savedEarly(): Partial<Options> {
  return hears((input) => (input.kind === 'saved' && !input.result.ok ? { ...input, result: { ok: true, version: 1 } } : input))
}

function noisy(effects: readonly Effect[]): readonly Effect[] {
  if (effects.length === 0) return effects
  const entry = { at: 0, group: 'g', epoch: 0, kind: 'event', rule: 'noise', sentence: 'something', evidence: {} } as const
  const note: Effect = { kind: 'note', entry }
  return [...effects, note, note]
}

/** Throws when there is no such hole. */
export function plant(name: string): Partial<Options> {
  const hole = holes.find((one) => one.name === name)
  if (hole === undefined) throw new Error(`no hole is called ${name}`)
  return hole.plant()
}
