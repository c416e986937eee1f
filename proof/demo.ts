// A person's first minute: a real controller, two groups of real servers, and what to try on them. `--check` tries it by itself.
import { parseArgs } from 'node:util'
import { checkDemo } from './demo/check.ts'
import { liveDemo } from './demo/live.ts'
import { main } from './harness/cleanup.ts'
import { parsed, requireRedis } from './harness/options.ts'

const usage = `script/demo [--check [--json] [--real-time]]
  without options     two groups to play with, until Ctrl-C
  --check             plays the lost primary and the stuck group by itself; exit code 0 or 1
  --real-time         the stuck group stays down for 60 s instead of 3
  --json              the result for machines`

const day = 24 * 3_600_000

const { values } = parsed(usage, () =>
  parseArgs({
    options: { check: { type: 'boolean' }, json: { type: 'boolean' }, 'real-time': { type: 'boolean' }, help: { type: 'boolean' } },
  }),
)

if (values.help) {
  console.log(`usage: ${usage}`)
} else {
  main({ limitMs: values.check ? 10 * 60_000 : day }, (dir) => {
    requireRedis()
    return values.check ? checkDemo({ json: values.json ?? false, downForMs: values['real-time'] ? 60_000 : 3_000 }) : liveDemo(dir)
  })
}
