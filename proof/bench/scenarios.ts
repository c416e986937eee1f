// What happens to a primary under load, and what clients see of it. The same steps for every system.
import { info, roleOf } from '../harness/client.ts'
import type { Network } from '../harness/network.ts'
import { clientIp, controllerIp } from '../harness/network.ts'
import type { Node } from '../harness/servers.ts'
import { found, instead, pass, until } from '../harness/wait.ts'
import { Writer, clinging } from '../harness/writers.ts'
import type { Bed } from './beds.ts'
import { Load, missing } from './client.ts'

/** What one run saw; null: not the subject of this scenario, or it did not come while we watched. */
export interface Seen {
  readonly gapMs: number | null
  /** Acknowledged and not there at the end. */
  readonly lost: number
  /** Acknowledged by a deposed primary. */
  readonly stale: number
  /** From the start, the waking or the order until the old primary says that it is a replica of the new one, and until its link is up. */
  readonly rejoinMs: number | null
  readonly linkUpMs: number | null
}

export type Scenario = (bed: Bed, run: string) => Promise<Seen>

const limitMs = 30_000
/** Under load before anything happens, and after it: enough to see that it runs. */
const calmMs = 500
/** A peer needs 10 s to make a replica of a primary that returned. */
const rejoinLimitMs = 25_000
/** Clients that know one address. */
const clingers = 10
/** A full sync of a reborn primary begins 5 s after the first replica asked. */
const rebornMs = 8_000

interface Stage {
  readonly bed: Bed
  readonly load: Load
  readonly old: Node
}

async function stage(bed: Bed, run: string): Promise<Stage> {
  const old = bed.group.node(await bed.ready())
  await protectedBy(old, bed.group.nodes.length - 1)
  const load = new Load(bed.group.id, bed.sentinels, run)
  await until('the load runs', limitMs, () => (load.writers.every(({ acks }) => acks.length > 50) ? found(true) : instead('not yet')))
  await pass(calmMs)
  return { bed, load, old }
}

/** After a full sync a link is up for up to 2 s before the first acknowledgement: a primary that dies then has no replica yet, whoever watches. */
async function protectedBy(primary: Node, replicas: number): Promise<void> {
  const offset = Number((await info(primary.address, 'replication'))?.get('master_repl_offset'))
  await until('every replica has acknowledged', limitMs, async () => {
    const fields = await info(primary.address, 'replication')
    const acked = [...(fields ?? [])].filter(([name]) => /^slave\d+$/.test(name)).map(([, text]) => Number(/offset=(\d+)/.exec(text)?.[1]))
    return acked.filter((one) => one >= offset && one > 0).length === replicas ? found(true) : instead(`${acked.join(' ')} of ${offset}`)
  })
}

/** Ends when every writer writes to another node. */
async function moved({ load, old }: Stage, since: number): Promise<void> {
  const said = (): string => load.writers.map(({ errors }) => JSON.stringify([...errors])).join(' ')
  await until('the load has moved', limitMs, () => (load.movedFrom(old.address.port, since) ? found(true) : instead(said())))
  await pass(calmMs)
}

async function rejoined({ bed, old }: Stage, since: number): Promise<Pick<Seen, 'rejoinMs' | 'linkUpMs'>> {
  const others = bed.group.nodes.filter((node) => node !== old).map(({ address }) => `${address.host}:${address.port}`)
  let rejoinMs: number | null = null
  while (performance.now() < since + rejoinLimitMs) {
    const role = await roleOf(old.address)
    if (role.role === 'replica' && others.includes(role.of)) {
      rejoinMs ??= performance.now() - since
      if (role.linkUp) return { rejoinMs, linkUpMs: performance.now() - since }
    }
    await pass(1)
  }
  return { rejoinMs, linkUpMs: null }
}

async function lost({ bed, load }: Stage): Promise<number> {
  await load.stop()
  const primary = await bed.ready()
  return await missing(load.acks, bed.group.node(primary).address)
}

export const switchover: Scenario = async (bed, run) => {
  const now = await stage(bed, run)
  const since = performance.now()
  const ordered = bed.switchover()
  const back = rejoined(now, since)
  await ordered
  await moved(now, since)
  const gapMs = now.load.gap(since)
  const stale = now.load.stale(now.old.address.port, since)
  return { gapMs, stale, ...(await back), lost: await lost(now) }
}

/** The dead node comes back afterwards, so that the next run begins with three. */
export const crash: Scenario = async (bed, run) => {
  const now = await stage(bed, run)
  const since = performance.now()
  await now.old.server.kill9()
  await moved(now, since)
  const gapMs = now.load.gap(since)
  await now.old.server.start()
  return { gapMs, stale: 0, lost: await lost(now), rejoinMs: null, linkUpMs: null }
}

/** The old primary is started again, among clients that cling to it, when another one has taken over. */
export const comesBack: Scenario = async (bed, run) => {
  const now = await stage(bed, run)
  const { old } = now
  const since = performance.now()
  await old.server.kill9()
  await moved(now, since)
  const gapMs = now.load.gap(since)
  const cling = new Writer(`${run}:clings`, clinging(old.target), { perSecond: 1000 }).start()
  await until('a client clings', limitMs, () => (cling.refusals.length > 0 ? found(true) : instead('no attempt yet')))
  const startedAt = performance.now()
  await old.server.start()
  const back = await rejoined(now, startedAt)
  await pass(calmMs)
  const stale = cling.between(startedAt).length
  await cling.stop()
  return { gapMs, stale, ...back, lost: await lost(now) }
}

/** Stopped where it stands, replaced, woken among clients that wait for their answers. */
export const freeze: Scenario = async (bed, run) => {
  const now = await stage(bed, run)
  const { old } = now
  const patient = { perSecond: 100, operationLimitMs: 60_000 }
  const clings = Array.from({ length: clingers }, (_, at) => new Writer(`${run}:clings${at}`, clinging(old.target), patient).start())
  await until('clients cling', limitMs, () => (clings.every(({ acks }) => acks.length > 0) ? found(true) : instead('not yet')))
  const since = performance.now()
  await old.server.freeze()
  try {
    await moved(now, since)
  } finally {
    old.server.thaw()
  }
  const wokeAt = performance.now()
  const gapMs = now.load.gap(since, wokeAt)
  const back = await rejoined(now, wokeAt)
  await pass(calmMs)
  const stale = clings.flatMap((writer) => writer.between(wokeAt)).length
  for (const writer of clings) writer.abandon()
  await Promise.all(clings.map((writer) => writer.stop()))
  return { gapMs, stale, ...back, lost: await lost(now) }
}

/** From one moment on every packet to and from the primary's host is dropped; later they pass again. */
export const hostLoss =
  (network: Network): Scenario =>
  async (bed, run) => {
    const now = await stage(bed, run)
    const { old } = now
    const host = network.at(old.address.host)
    const others = bed.group.nodes.filter((node) => node !== old).map(({ address }) => address.host)
    const since = performance.now()
    // At once: rules that come one after the other would stop the clients, which wait for us here, before anybody else.
    network.cut(host, [controllerIp, clientIp, ...others].join(','), 'DROP')
    await moved(now, since)
    const gapMs = now.load.gap(since)
    network.heal(host)
    const back = await rejoined(now, performance.now())
    return { gapMs, stale: now.load.stale(old.address.port, since), ...back, lost: await lost(now) }
  }

/** Nothing is on disk, and a supervisor starts the dead primary again at once. */
export const rebornEmpty: Scenario = async (bed, run) => {
  const now = await stage(bed, run)
  const since = performance.now()
  await now.old.server.kill9()
  await now.old.server.start()
  await until('the load goes on', limitMs, () =>
    now.load.writers.every(({ acks }) => (acks.at(-1)?.at ?? 0) > since) ? found(true) : instead('nobody takes writes'),
  )
  const gapMs = now.load.gap(since)
  // Until the copy of an empty primary would have emptied everybody.
  await pass(rebornMs - (performance.now() - since))
  return { gapMs, stale: 0, rejoinMs: null, linkUpMs: null, lost: await lost(now) }
}
