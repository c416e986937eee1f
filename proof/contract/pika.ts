// What regroup takes for granted of Pika, asked of three servers that somebody has started, with the very commands that the engine sends.
import { NodeLink } from '../../src/adapters/nodeLink.ts'
import { systemClock } from '../../src/adapters/clock.ts'
import { describeFailure } from '../../src/adapters/outcome.ts'
import type { Credential } from '../../src/adapters/connection.ts'
import { closedGuard, halfClosedGuard, nowhere } from '../../src/core/limits.ts'
import type { Action, ActionResult } from '../../src/core/action.ts'
import { type Address, type LineageEntry, type Reading, historyOf } from '../../src/core/model.ts'
import { sameAddress } from '../../src/core/address.ts'
import { pika } from '../../src/engines/pika.ts'
import { type RespValue, isError } from '../../src/resp/value.ts'
import { probed } from '../../test/link.ts'
import { type Look, found, instead, until } from '../harness/wait.ts'

export interface Checked {
  readonly what: string
  readonly ms: number
  /** What the server did instead; null when it did what is expected. */
  readonly differs: string | null
}

/** A role change may take 3 s, a link that has to be tried again 12 s more. */
const linkLimitMs = 30_000
const mark = { installation: 'contract', group: 'contract' }

class Server {
  readonly address: Address
  readonly #link: NodeLink

  constructor(address: Address, credential: Credential | null) {
    this.address = address
    this.#link = new NodeLink({
      address,
      credentials: () => (credential === null ? [] : [credential]),
      defaultUser: pika.defaultUser,
      tls: null,
      name: 'regroup:contract:1',
      clock: systemClock,
      onDisconnected: () => undefined,
    })
  }

  async reading(): Promise<Reading> {
    const outcome = await probed(this.#link, pika.probe, 5_000)
    if (!outcome.ok) throw new Error(`port ${this.address.port}: ${describeFailure(outcome.failure).message}`)
    const result = pika.readProbe(outcome.replies)
    if (!result.ok) throw new Error(`port ${this.address.port}: ${describeFailure(result.failure).message}`)
    return result.reading
  }

  async act(action: Action): Promise<ActionResult> {
    const first = await this.#link.run('act', pika.script(action), pika.roleChangeMs)
    const more = first.ok ? pika.followUp(action, first.replies, '') : null
    const outcome = more === null ? first : await this.#link.run('act', more, pika.roleChangeMs)
    return outcome.ok ? pika.readActed(action, outcome.replies) : { ok: false, ...describeFailure(outcome.failure) }
  }

  async done(action: Action): Promise<void> {
    const result = await this.act(action)
    if (!result.ok) throw new Error(`${action.name}: ${result.message}`)
  }

  /** The reply, an error as its text. */
  async say(...command: string[]): Promise<RespValue> {
    const outcome = await this.#link.run('mark', { commands: [command], transaction: false }, 5_000)
    if (!outcome.ok) throw new Error(`${command.join(' ')}: ${describeFailure(outcome.failure).message}`)
    const [reply = null] = outcome.replies
    return isError(reply) ? reply.message : reply
  }

  close(): void {
    this.#link.close()
  }
}

type Servers = readonly [Server, Server, Server]

interface Check {
  readonly what: string
  /** Throws, or gives what was different. */
  readonly run: (servers: Servers) => Promise<string | null>
}

const offsetOf = (reading: Reading): number => (reading.position.kind === 'stream' ? reading.position.offset : -1)
const same = (what: string, got: unknown, wanted: unknown): string | null =>
  JSON.stringify(got) === JSON.stringify(wanted) ? null : `${what} is ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`
const first = (...differences: (string | null)[]): string | null => differences.find((one) => one !== null) ?? null

async function linked(server: Server, to: Server): Promise<Reading> {
  return until(`${server.address.port} has a link to ${to.address.port}`, linkLimitMs, async (): Promise<Look<Reading>> => {
    const reading = await server.reading()
    const { upstream } = reading
    return upstream?.linkUp && sameAddress(upstream, to.address) && !reading.partial ? found(reading) : instead(JSON.stringify(upstream))
  })
}

/** Retried while its replicas have not left it. */
async function follows(server: Server, to: Server, force: boolean): Promise<void> {
  await until(`${server.address.port} may follow`, 15_000, async (): Promise<Look<true>> => {
    const result = await server.act({ name: 'follow', target: to.address, ...(force ? { force: true } : {}) })
    if (!result.ok && !/already master of others/.test(result.message)) throw new Error(result.message)
    return result.ok ? found(true) : instead(result.message)
  })
}

async function equalAt(key: string, value: string, servers: Servers): Promise<string | null> {
  await until(`every server has ${key}`, 10_000, async (): Promise<Look<true>> => {
    for (const server of servers) if ((await server.say('GET', key)) !== value) return instead(`port ${server.address.port} has not`)
    return found(true)
  })
  return null
}

/** Where b's reign began; written by one check, used by those after it. */
let reign = 0

const lineage = (): LineageEntry[] => [
  { epoch: 1, node: 'a', at: 0, replid: historyOf({ ...mark, epoch: 1 }), start: 0, continues: false },
  { epoch: 2, node: 'b', at: 0, replid: historyOf({ ...mark, epoch: 2 }), start: reign, continues: true },
]

const checks: readonly Check[] = [
  {
    what: 'each server gives a reading: an open primary',
    run: async (servers) => {
      const readings = await Promise.all(servers.map((server) => server.reading()))
      return first(...readings.map((one) => same('role and guard', [one.role, one.guard], ['primary', 0])))
    },
  },
  {
    what: 'a mark is written and read back, and the position rises by its length in the binlog',
    run: async ([a]) => {
      const before = offsetOf(await a.reading())
      await a.done({ name: 'mark', mark: { ...mark, epoch: 1, seq: 1 } })
      const after = await a.reading()
      return first(same('mark', after.mark, { ...mark, epoch: 1, seq: 1 }), offsetOf(after) > before ? null : 'the position did not rise')
    },
  },
  {
    what: 'two replicas follow: links up, positions and marks equal, listed as following',
    run: async (servers) => {
      const [a, b, c] = servers
      for (const server of [b, c]) await follows(server, a, false)
      const mine = offsetOf(await a.reading())
      const readings = [await linked(b, a), await linked(c, a)]
      await until('both are listed as following', 15_000, async () => {
        const online = (await a.reading()).replicas.filter((one) => one.online).length
        return online === 2 ? found(true) : instead(`${online} are`)
      })
      return first(
        ...readings.map((one) => same('offset', offsetOf(one), mine)),
        ...readings.map((one) => same('epoch', one.mark?.epoch, 1)),
      )
    },
  },
  {
    what: 'SLAVEOF to the same primary again, with force too, answers OK and changes nothing',
    run: async ([a, b]) => {
      const said = await b.say('SLAVEOF', a.address.host, String(a.address.port))
      return first(same('the reply', said, 'OK'), same('linkUp', (await b.reading()).upstream?.linkUp, true))
    },
  },
  {
    what: 'a node with replicas refuses to follow',
    run: async ([a, b]) =>
      /already master of others/.test(JSON.stringify(await a.say('SLAVEOF', b.address.host, String(b.address.port))))
        ? null
        : 'it followed',
  },
  {
    what: 'closing stops writes at once and is read back; opening lifts it',
    run: async ([a]) => {
      await a.done({ name: 'pauseWrites', forMs: 0 })
      const closed = (await a.reading()).guard
      const refused = JSON.stringify(await a.say('SET', 'contract:closed', '1'))
      await a.done({ name: 'resumeWrites' })
      const opened = (await a.reading()).guard
      const taken = await a.say('SET', 'contract:open', '1')
      return first(
        same('guard', [closed, opened], [closedGuard, 0]),
        refused.startsWith('"NOPERM') ? null : `it said ${refused}`,
        same('the reply', taken, 'OK'),
      )
    },
  },
  {
    what: 'closing stops every user on connections that stand, and opening gives back exactly what each had and nobody changed meanwhile',
    run: async ([a]) => {
      const rules = ['on', 'nopass', '~*', '&*', '-@all', '+@read', '+auth', '+@write', '-del']
      await a.say('ACL', 'SETUSER', 'contract:writes', ...rules)
      await a.say('ACL', 'SETUSER', 'contract:changed', 'on', 'nopass', '~*', '&*', '+@all')
      const list = async (): Promise<string[]> => ((await a.say('ACL', 'LIST')) as string[]).filter((line) => !line.includes(':keeps:'))
      const before = await list()
      const writer = new Server(a.address, { username: 'contract:writes', password: 'any' })
      try {
        const took = await writer.say('SET', 'contract:user', '1')
        await a.done({ name: 'pauseWrites', forMs: 0 })
        const refused = JSON.stringify(await writer.say('SET', 'contract:user', '2'))
        // A person takes the right away while it is closed, and puts somebody new into the list.
        await a.say('ACL', 'SETUSER', 'contract:changed', '-@write')
        const half = (await a.reading()).guard
        await a.done({ name: 'resumeWrites' })
        const after = await list()
        const wanted = before.map((line) => (line.includes('contract:changed') ? `${line} -clearreplicationid -@write` : line))
        return first(
          same('the reply', [took, await writer.say('SET', 'contract:user', '3')], ['OK', 'OK']),
          refused.startsWith('"NOPERM') ? null : `it said ${refused}`,
          same('guard', half, halfClosedGuard),
          same('the list', after, wanted),
        )
      } finally {
        writer.close()
        const names = ['contract:writes', 'contract:changed']
        await a.say('ACL', 'DELUSER', ...names, ...names.map((name) => `regroup:keeps:${name}`))
      }
    },
  },
  {
    what: 'promotion gives a closed primary at the position that it had, its file says nowhere',
    run: async ([a, b]) => {
      await a.done({ name: 'pauseWrites', forMs: 0 })
      const wanted = offsetOf(await a.reading())
      await until('the candidate has everything', 10_000, async () => {
        const has = offsetOf(await b.reading())
        return has === wanted ? found(true) : instead(`${has} of ${wanted}`)
      })
      await b.done({ name: 'promote', bootFence: true })
      const reading = await b.reading()
      reign = offsetOf(reading)
      return first(same('role and guard', [reading.role, reading.guard], ['primary', closedGuard]), same('offset', reign, wanted))
    },
  },
  {
    what: 'opened, it takes writes and its mark names another history',
    run: async ([a, b]) => {
      await b.done({ name: 'open', guard: 0, bootFenced: true })
      await b.done({ name: 'mark', mark: { ...mark, epoch: 2, seq: 2 } })
      const { order } = pika.comparePositions((await a.reading()).position, (await b.reading()).position, lineage())
      return same('the old primary to the new', order, 'behind')
    },
  },
  {
    what: 'a replica is detached to nowhere, keeps its data, and goes on from its position',
    run: async ([, b, c]) => {
      const before = offsetOf(await c.reading())
      await c.done({ name: 'fence', cutClients: false })
      const { role, upstream, position } = await c.reading()
      const { order } = pika.comparePositions(position, (await b.reading()).position, lineage())
      await follows(c, b, false)
      const after = await linked(c, b)
      return first(
        same('role', role, 'replica'),
        upstream !== null && sameAddress(upstream, nowhere) ? null : `it follows ${JSON.stringify(upstream)}`,
        same('the order', order, 'behind'),
        offsetOf(after) >= before ? null : 'it was copied anew',
      )
    },
  },
  {
    what: 'writes of the old primary are seen as diverged, and force replaces them',
    run: async ([a, b]) => {
      await a.done({ name: 'resumeWrites' })
      await a.say('SET', 'contract:stray', '1')
      await a.done({ name: 'fence', cutClients: false })
      const { order } = pika.comparePositions((await a.reading()).position, (await b.reading()).position, lineage())
      await follows(a, b, true)
      await linked(a, b)
      return first(same('the order', order, 'diverged'), same('the stray write', await a.say('GET', 'contract:stray'), null))
    },
  },
  {
    what: 'the role is in the file, and the access list is open again',
    run: async ([a, b]) => {
      await a.done({ name: 'persist' })
      return first(
        same('guard', (await a.reading()).guard, 0),
        same('slaveof', await a.say('CONFIG', 'GET', 'slaveof'), ['slaveof', `${b.address.host}:${b.address.port}`]),
      )
    },
  },
  {
    what: 'a write of the new primary reaches every server',
    run: async (servers) => {
      await servers[1].say('SET', 'contract:end', 'all')
      return equalAt('contract:end', 'all', servers)
    },
  },
]

/** Runs all of them in order; what a check changes, the next ones build on. The servers' data are overwritten. */
export async function runContract(addresses: readonly [Address, Address, Address], credential: Credential | null): Promise<Checked[]> {
  const [a, b, c] = addresses
  const servers: Servers = [new Server(a, credential), new Server(b, credential), new Server(c, credential)]
  const results: Checked[] = []
  try {
    for (const { what, run } of checks) {
      const began = performance.now()
      const differs = await run(servers).catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      results.push({ what, ms: Math.round(performance.now() - began), differs })
    }
  } finally {
    for (const server of servers) server.close()
  }
  return results
}

/** Which of them hold data: these would be overwritten. */
export async function notEmpty(addresses: readonly Address[], credential: Credential | null): Promise<Address[]> {
  const full: Address[] = []
  for (const address of addresses) {
    const server = new Server(address, credential)
    try {
      if ((await server.reading()).keys > 0) full.push(address)
    } finally {
      server.close()
    }
  }
  return full
}
