// A controller in this process over real servers, with a doctor that looks when it is told to.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createAlarm } from '../../src/adapters/alarm.ts'
import { systemClock } from '../../src/adapters/clock.ts'
import type { Credential } from '../../src/adapters/connection.ts'
import { systemDice } from '../../src/adapters/dice.ts'
import { openEmbeddedStore } from '../../src/adapters/store/embedded.ts'
import { createWorld } from '../../src/adapters/world.ts'
import { Controller } from '../../src/controller/controller.ts'
import type { Finding } from '../../src/core/doctor/finding.ts'
import type { GroupSpec } from '../../src/core/model.ts'
import { engineOf } from '../../src/engines/all.ts'
import type { Store } from '../../src/ports.ts'
import { found, instead, until } from '../../proof/harness/wait.ts'
import { RedisServer, type RedisOptions, freePort } from '../servers/redis.ts'

const limitMs = 20_000
const shell = promisify(execFile)
/** Further names of this machine, so that nodes of a test stand on hosts of their own. */
export const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const

export interface Place {
  readonly id: string
  readonly server: RedisServer
  /** By which the group names it. */
  readonly host: string
}

/** A server that announces itself by this host. Further directives in `config`. */
export async function serverOn(host: string, options: RedisOptions = {}): Promise<RedisServer> {
  const config = { bind: hosts.join(' '), 'replica-announce-ip': host, appendonly: 'yes', ...options.config }
  return new RedisServer(await freePort(), { ...options, config })
}

/** One primary and its replicas, each on a host of its own, running. */
export async function placed(count: number, config: RedisOptions['config'] = {}, options: RedisOptions = {}): Promise<Place[]> {
  const places: Place[] = []
  for (const [index, host] of hosts.slice(0, count).entries()) {
    const first = places[0]
    const replicaof = first === undefined ? {} : { replicaof: `${first.host} ${first.server.port}` }
    places.push({
      id: ['a', 'b', 'c'][index] ?? '',
      server: await serverOn(host, { ...options, config: { ...config, ...replicaof } }),
      host,
    })
  }
  await Promise.all(places.map(({ server }) => server.start()))
  return places
}

export class DoctorBench {
  /** As the machine that the controller runs on is known. */
  readonly controllerHosts = new Set<string>(['192.0.2.99'])
  readonly controller: Controller
  /** Whose certificates are believed. */
  ca: string[] = []
  /** How far the controller's wall clock is off. */
  wallShiftMs: number
  readonly #store: Store
  readonly #dir: string
  readonly #servers = new Set<RedisServer>()

  private constructor(controller: Controller, store: Store, dir: string, controllerHosts: Set<string>) {
    this.controller = controller
    this.wallShiftMs = 0
    this.#store = store
    this.#dir = dir
    this.controllerHosts = controllerHosts
  }

  static async open(credentials: Readonly<Record<string, Credential>> = {}): Promise<DoctorBench> {
    const dir = mkdtempSync(join(tmpdir(), 'regroup-doctor-'))
    const store = await openEmbeddedStore({ dir })
    const hold: { bench: DoctorBench | null; controller: Controller | null } = { bench: null, controller: null }
    const clock = { now: () => systemClock.now(), wall: () => systemClock.wall() + (hold.bench?.wallShiftMs ?? 0) }
    const world = createWorld({
      store,
      clock,
      connectionName: () => 'regroup:bench:1',
      access(group) {
        const spec = hold.controller?.specOf(group)
        const engine = engineOf(spec?.engine ?? 'redis')
        if (engine === null) throw new Error('no engine')
        return {
          engine,
          credentials: [credentials[spec?.credential ?? '']].filter((one) => one !== undefined),
          tls: spec?.tls === true ? { ca: hold.bench?.ca ?? [] } : null,
        }
      },
      log: () => {},
      trouble: () => {},
    })
    const controllerHosts = new Set<string>(['192.0.2.99'])
    hold.controller = await Controller.open({
      store,
      world,
      clock,
      dice: systemDice,
      alarm: createAlarm(clock),
      defaults: {},
      credentials: new Set(Object.keys(credentials)),
      doctor: { everyMs: 86_400_000, ignore: new Set(), controllerHosts },
      log: () => {},
    })
    hold.controller.begin()
    hold.bench = new DoctorBench(hold.controller, store, dir, controllerHosts)
    return hold.bench
  }

  /** Puts a group into the spec, or changes it. */
  async watch(id: string, places: readonly Place[], change: Partial<GroupSpec> = {}): Promise<void> {
    for (const { server } of places) this.#servers.add(server)
    const nodes = places.map(({ id: node, server, host }) => ({
      id: node,
      host,
      port: server.port,
      site: null,
      priority: 100,
      maintenanceUntil: null,
      overwrite: false,
    }))
    const spec: GroupSpec = { id, engine: 'redis', nodes, credential: null, tls: false, policy: {}, pause: null, ...change }
    await this.controller.apply({ put: [spec], remove: [], by: 'test', why: '', dryRun: false, ifRevision: null })
  }

  /** As `watch`, and ends when the group is healthy. */
  async healthy(id: string, places: readonly Place[], change: Partial<GroupSpec> = {}): Promise<void> {
    await this.watch(id, places, change)
    await this.until(id, 'healthy')
  }

  until(id: string, state: string): Promise<true> {
    return until(`group ${id} is ${state}`, limitMs, () => {
      const status = this.controller.status(id)
      return status.state === state
        ? found(true as const)
        : instead(`${status.state}: ${status.sentence}; ${status.nodes.map((n) => n.problem).join()}`)
    })
  }

  /** Has the doctor look now. */
  async look(id: string): Promise<readonly Finding[]> {
    await this.controller.examine([id])
    return this.controller.status(id).doctor.findings
  }

  /** Looks until the group has exactly these findings, each as `id` or `id node`; gives them. */
  sees(id: string, wanted: readonly string[]): Promise<readonly Finding[]> {
    return until(
      `the doctor finds ${wanted.join(', ') || 'nothing'} in ${id}`,
      limitMs,
      async () => {
        const findings = await this.look(id)
        const names = findings.map((one) => (one.node === null ? one.id : `${one.id} ${one.node}`))
        return names.toSorted().join() === wanted.toSorted().join()
          ? found(findings)
          : instead(findings.map((one) => `${one.id} ${one.node}: ${one.sentence}`).join('\n') || 'nothing')
      },
      50,
    )
  }

  async close(): Promise<void> {
    this.controller.close()
    await this.#store.close()
    rmSync(this.#dir, { recursive: true, force: true })
    await Promise.all([...this.#servers].map((server) => server.remove()))
  }
}

/** Does what the findings say, as a person would: pastes their commands into a shell. */
export async function mend(findings: readonly Finding[]): Promise<void> {
  for (const command of findings.flatMap((finding) => finding.commands)) {
    const { stdout } = await shell('sh', ['-c', command])
    if (/^(?:ERR|NOPERM|WRONGPASS|NOAUTH|DENIED)/.test(stdout)) throw new Error(`${command}: ${stdout}`)
  }
}
