// A machine that is too busy, and a network that is too slow, with nothing wrong at all: nobody may be deposed. regroup and three Redis
// Sentinels live through the same minutes side by side.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/servers/redis.ts'
import { type Bed, type System, startBed } from './bench/beds.ts'
import { Finder } from './bench/client.ts'
import { atExit, main } from './harness/cleanup.ts'
import { Network, clientIp, controllerIp, isInsideOwnNetwork, runInsideOwnNetwork } from './harness/network.ts'
import { parsed, requireRedis, wholeNumber } from './harness/options.ts'
import { type Violation, emit, round, table } from './harness/report.ts'
import { type Group, heldBy } from './harness/servers.ts'
import { found, instead, pass, until } from './harness/wait.ts'
import { Writer } from './harness/writers.ts'

const usage = `script/run calm [--minutes N] [--late MS] [--json]
  --minutes N   how long (10)
  --late MS     what a node answers to those who watch it comes up to so much later (800)
One busy loop for each core runs meanwhile. Needs root, for networks of its own.`

const { values } = parsed(usage, () =>
  parseArgs({
    options: { minutes: { type: 'string' }, late: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  }),
)
const minutes = wholeNumber('minutes', values.minutes, 1, 600, 10)
const lateMs = wholeNumber('late', values.late, 0, 60_000, 800)
const relay = fileURLToPath(new URL('calm/relay.ts', import.meta.url))
const systems: readonly System[] = ['regroup', 'sentinel']
const perSecond = 100
/** The machine may be busy before it is made so: a client that finds no primary yet looks for one this long. */
const startLimitMs = 120_000
const saysEveryMs = 60_000

interface Seen {
  readonly system: System
  /** Changes of primary that clients were told of. */
  readonly switches: number
  /** The longest time without an acknowledged write. */
  readonly gapMs: number
  readonly acknowledged: number
  readonly lost: number
}

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs: minutes * 60_000 + 5 * 60_000 }, isInsideOwnNetwork() ? inside : outside)

async function outside(): Promise<number> {
  requireRedis()
  const args = ['--minutes', String(minutes), '--late', String(lateMs), ...(values.json ? ['--json'] : [])]
  const { code, stdout } = await runInsideOwnNetwork(fileURLToPath(import.meta.url), args)
  process.stdout.write(stdout)
  return code
}

async function inside(): Promise<number> {
  const network = Network.open()
  const seen = await Promise.all(systems.map((system) => watch(system, network)))
  network.close()
  const violations: Violation[] = seen
    .filter(({ system, switches, lost }) => system === 'regroup' && (switches > 0 || lost > 0))
    .map((one) => ({ where: 'calm', what: 'regroup deposed a primary that was well', facts: one }))
  const rows = seen.map((one) => [one.system, one.switches, round(one.gapMs), one.acknowledged, one.lost])
  const text = table(['system', 'failovers', 'longest gap ms', 'acknowledged', 'lost'], rows)
  const title = `${minutes} min, ${cpus().length} busy loops, answers up to ${lateMs} ms late, silence counted after 1000 ms`
  return emit({ name: 'calm', seed: null, sections: [{ title, text, data: seen }], violations }, values.json ?? false)
}

async function watch(system: System, network: Network): Promise<Seen> {
  const hosts = [await network.host('a'), await network.host('b'), await network.host('c')]
  const bed = await startBed(system, 'calm', {
    persistence: 'aof',
    hosts,
    sentinelHost: controllerIp,
    prepare: (group) => delayAll(group, network),
  })
  await bed.ready()
  const finder = new Finder('calm', bed.sentinels)
  const writer = new Writer(
    'calm',
    async () => {
      const address = await finder.find()
      return address === null ? null : { node: `${address.host}:${address.port}`, address }
    },
    { perSecond, from: clientIp, operationLimitMs: 5_000 },
  ).start()
  await until('the load runs', startLimitMs, () => (writer.acks.length > perSecond ? found(true) : instead('not yet')))
  const loops = system === 'regroup' ? cpus().map(() => busyLoop()) : []
  const since = performance.now()
  const end = since + minutes * 60_000
  while (performance.now() < end) {
    await pass(Math.min(saysEveryMs, end - performance.now()))
    console.error(
      `${system}, ${round((performance.now() - since) / 60_000)} min: ${finder.switches.length} failovers, ${writer.acks.length} writes`,
    )
  }
  const gapMs = writer.longestGap(since)
  const switches = finder.switches.length
  for (const loop of loops) loop.kill('SIGKILL')
  await writer.stop()
  const lost = await lostOf(bed, writer)
  finder.close()
  await bed.close()
  return { system, switches, gapMs, acknowledged: writer.acks.length, lost }
}

/** What those who watch the nodes hear comes late; what replicas and clients hear does not. */
async function delayAll(group: Group, network: Network): Promise<void> {
  for (const { address } of group.nodes) {
    const host = network.at(address.host)
    const port = await freePort()
    const command = [...host.launcher, process.execPath, relay, String(port), address.host, String(address.port), String(lateMs)]
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
    atExit(() => child.kill('SIGKILL'))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    network.redirect(host, controllerIp, address.port, port)
  }
}

function busyLoop(): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' })
  atExit(() => child.kill('SIGKILL'))
  return child
}

async function lostOf(bed: Bed, writer: Writer): Promise<number> {
  const primary = bed.group.node(await bed.ready())
  const held = new Set((await heldBy(primary.address, [writer.key])).get(writer.key))
  return writer.acks.filter(({ n }) => !held.has(n)).length
}
