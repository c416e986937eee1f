// What regroup promises on Pika, as measured scenarios: on the test server, or on a real Pika.
import { parseArgs } from 'node:util'
import { CannotRun, main } from './harness/cleanup.ts'
import { fileOf, parsed, wholeNumber } from './harness/options.ts'
import { emit } from './harness/report.ts'
import { crash } from './pika/crash.ts'
import { freeze } from './pika/freeze.ts'
import { ring } from './pika/ring.ts'
import type { PikaStory } from './pika/story.ts'
import { stuck } from './pika/stuck.ts'
import { switchover } from './pika/switchover.ts'
import type { Told } from './stories/story.ts'

const stories: Readonly<Record<string, { readonly play: PikaStory; readonly what: string }>> = {
  switchover: { play: switchover, what: 'planned moves there and back under load' },
  crash: { play: crash, what: 'the primary is killed, replaced, and comes back with writes of its own' },
  freeze: { play: freeze, what: 'the primary stands still for 30 s, is replaced, and wakes among clients that cling to it' },
  ring: { play: ring, what: 'two nodes follow each other, so that neither can be led away, when regroup starts' },
  stuck: { play: stuck, what: 'the replica stops, the primary takes writes and stops, a minute passes, the primary starts' },
}

const usage = `script/run pika [NAME ...] [options]
${Object.entries(stories)
  .map(([name, story]) => `  ${name.padEnd(16)} ${story.what}`)
  .join('\n')}
  --server PATH    a real Pika; without it the test server is run
  --nodes 2|3      nodes of a group (both)
  --runs N         how often each is played (1)
  --json`

const { values, positionals } = parsed(usage, () =>
  parseArgs({
    allowPositionals: true,
    options: {
      server: { type: 'string' },
      nodes: { type: 'string' },
      runs: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)

/** Up to two minutes each. */
const limitMs = 60 * 60_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, playAll)

async function playAll(): Promise<number> {
  const names = positionals.length === 0 ? Object.keys(stories) : positionals
  const unknown = names.find((name) => stories[name] === undefined)
  if (unknown !== undefined) throw new CannotRun(`no story is called ${unknown}\n\nusage: ${usage}`)
  const server = fileOf('server', values.server)
  const options = {
    servers: server === null ? {} : { binary: server },
    nodes: values.nodes === undefined ? [2, 3] : [wholeNumber('nodes', values.nodes, 2, 3, 2)],
    runs: wholeNumber('runs', values.runs, 1, 100, 1),
    say: (line: string): void => {
      if (!values.json) console.log(line)
    },
  }
  const told: Told[] = []
  for (const name of names) {
    const story = stories[name]
    if (story !== undefined) told.push(await story.play(options))
  }
  return emit(
    { name: 'pika', seed: null, sections: told.flatMap((one) => one.sections), violations: told.flatMap((one) => one.violations) },
    values.json ?? false,
  )
}
