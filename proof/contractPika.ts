// The engine's contract, asked of three Pika servers that somebody has started.
import { parseArgs } from 'node:util'
import { notEmpty, runContract } from './contract/pika.ts'
import { main } from './harness/cleanup.ts'
import { parsed } from './harness/options.ts'
import { emit, table } from './harness/report.ts'

const usage = `script/run contract:pika --host H --ports P1,P2,P3 [options]
  Three fresh Pika servers that you have started; what they hold is overwritten.
  --host H            where they are (127.0.0.1)
  --ports P1,P2,P3    their ports
  --overwrite         also when they hold data
  --json
  A password is read from REGROUP_PIKA_PASSWORD.`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      host: { type: 'string' },
      ports: { type: 'string' },
      overwrite: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)

const limitMs = 5 * 60_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, contract)

async function contract(): Promise<number> {
  const host = values.host ?? '127.0.0.1'
  const [one, two, three, ...more] = (values.ports ?? '').split(',').map(Number)
  if (!isPort(one) || !isPort(two) || !isPort(three) || more.length > 0) {
    console.error(`contract:pika: --ports takes three ports, such as 9221,9231,9241\n\nusage: ${usage}`)
    return 2
  }
  const addresses = [
    { host, port: one },
    { host, port: two },
    { host, port: three },
  ] as const
  const password = process.env['REGROUP_PIKA_PASSWORD']
  const credential = password === undefined ? null : { username: null, password }
  if (!values.overwrite) {
    const full = await notEmpty(addresses, credential)
    if (full.length > 0) {
      console.error(
        `contract:pika: ${full.map((at) => `${at.host}:${at.port}`).join(', ')} hold data, which would be overwritten; give fresh servers, or --overwrite`,
      )
      return 2
    }
  }
  const checked = await runContract(addresses, credential)
  const rows = checked.map((one) => [one.differs === null ? 'as expected' : 'DIFFERS', one.what, one.ms])
  const violations = checked.flatMap(({ what, differs }) => (differs === null ? [] : [{ where: what, what: differs, facts: null }]))
  return emit(
    {
      name: 'contract:pika',
      seed: null,
      sections: [{ title: 'What regroup takes for granted', text: table(['', 'what', 'ms'], rows), data: checked }],
      violations,
    },
    values.json ?? false,
  )
}

function isPort(port: number | undefined): port is number {
  return port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536
}
