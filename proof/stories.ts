// The promises of regroup as measured scenarios on real servers.
import { parseArgs } from 'node:util'
import { CannotRun, main } from './harness/cleanup.ts'
import { parsed, requireRedis, wholeNumber } from './harness/options.ts'
import { emit } from './harness/report.ts'
import { controllerKill } from './stories/controllerKill.ts'
import { freeze } from './stories/freeze.ts'
import { lostPrimary } from './stories/lostPrimary.ts'
import { noFailover } from './stories/noFailover.ts'
import { rebornEmpty } from './stories/rebornEmpty.ts'
import { roll } from './stories/roll.ts'
import type { Story, Told } from './stories/story.ts'
import { thaw } from './stories/thaw.ts'

const stories: Readonly<Record<string, { readonly play: Story; readonly what: string }>> = {
  'lost-primary': { play: lostPrimary, what: 'crash under load, the old primary is restarted after 20 ms, 1 s, 5 s' },
  thaw: { play: thaw, what: 'a frozen primary is replaced and wakes among 50 clinging clients' },
  'reborn-empty': { play: rebornEmpty, what: 'a primary without persistence restarts empty; with and without the boot fence' },
  'controller-kill': { play: controllerKill, what: 'failovers and switchovers with the controller killed in the middle' },
  roll: { play: roll, what: 'every node of a 1+2 is restarted under load, as `regroup roll` says' },
  freeze: { play: freeze, what: 'SIGSTOP under load: how long nobody takes writes' },
  // Last: it runs in a network namespace of its own, in a process of its own.
  'no-failover': { play: noFailover, what: 'four primaries that look dead and are not' },
}

const usage = `script/run stories [NAME ...] [--runs N] [--seed N] [--json]\n${Object.entries(stories)
  .map(([name, story]) => `  ${name.padEnd(16)} ${story.what}`)
  .join('\n')}`

const { values, positionals } = parsed(usage, () =>
  parseArgs({
    allowPositionals: true,
    options: { runs: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  }),
)

/** 100 controller kills of about 5 s, two at once, and the rest. */
const limitMs = 60 * 60_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, playAll)

async function playAll(): Promise<number> {
  requireRedis()
  const names = positionals.length === 0 ? Object.keys(stories) : positionals
  const unknown = names.find((name) => stories[name] === undefined)
  if (unknown !== undefined) throw new CannotRun(`no story is called ${unknown}\n\nusage: ${usage}`)
  const runs = values.runs === undefined ? null : wholeNumber('runs', values.runs, 1, 1_000, 1)
  const seed = wholeNumber('seed', values.seed, 0, 2 ** 32 - 1, Math.floor(Math.random() * 2 ** 32))
  const say = (line: string): void => {
    if (!values.json) console.log(line)
  }
  const told: Told[] = []
  for (const name of names) {
    const story = stories[name]
    if (story !== undefined) told.push(await story.play({ runs, seed, say }))
  }
  return emit(
    { name: 'stories', seed, sections: told.flatMap((one) => one.sections), violations: told.flatMap((one) => one.violations) },
    values.json ?? false,
  )
}
