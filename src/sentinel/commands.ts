// What each command is answered with. Reads from the controller at that moment; keeps nothing.
import type { ControllerFacade } from '../controller/facade.ts'
import type { Address, GroupId, NodeId, Topology } from '../core/model.ts'
import { UserError } from '../errors.ts'
import type { RespValue } from '../resp/value.ts'
import { type Described, infoSection, primaryInstance, primaryOf, quorum, replicaInstances, writableAddress } from './instances.ts'
import { type Reply, none, ok, refusal, value } from './reply.ts'

/** The version whose replies these are: clients choose by it what they may ask. */
export const spokenVersion = '7.0.15'

export interface Source {
  readonly facade: ControllerFacade
  /** Forty hex digits that stay the same over restarts. */
  readonly id: string
  readonly port: number
  clients(): number
  /** The last primary of a group that was open; null when none is known. */
  lastOpen(group: GroupId): (Address & { readonly node: NodeId }) | null
}

/** What of a connection its commands can change. */
export interface Connection {
  readonly id: number
  protocol: 2 | 3
  name: string | null
}

type Answer = (words: readonly string[], source: Source, connection: Connection) => Reply

interface Row {
  /** Words after the command's own, at least and at most. */
  readonly least: number
  readonly most: number
  readonly answer: Answer
}

const noSuchGroup = refusal('ERR No such master with that name')

const commands: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['ping', { least: 0, most: 1, answer: ([text]) => (text === undefined ? { kind: 'line', text: 'PONG' } : value(text)) }],
  ['auth', { least: 1, most: 100, answer: (words) => auth(words) ?? ok }],
  ['hello', { least: 0, most: 8, answer: hello }],
  ['info', { least: 0, most: 100, answer: info }],
  ['role', { least: 0, most: 0, answer: (_, source) => value(['sentinel', describedAll(source).map(({ status }) => status.group)]) }],
  // Clients ask it to complete what people type.
  ['command', { least: 0, most: 100, answer: () => value([]) }],
])

const clientCommands: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['id', { least: 0, most: 0, answer: (_, __, connection) => value(connection.id) }],
  ['getname', { least: 0, most: 0, answer: (_, __, connection) => value(connection.name) }],
  ['setname', { least: 1, most: 1, answer: ([name = ''], _, connection) => named(name, connection) ?? ok }],
  // What library a client uses is nothing to us.
  ['setinfo', { least: 2, most: 2, answer: () => ok }],
])

const sentinelCommands: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['get-master-addr-by-name', { least: 1, most: 1, answer: ([name = ''], source) => address(source, name) }],
  ['masters', { least: 0, most: 0, answer: (_, source) => value(describedAll(source).map(primaryInstance)) }],
  ['master', { least: 1, most: 1, answer: ofGroup((described) => value(primaryInstance(described))) }],
  ['replicas', { least: 1, most: 1, answer: ofGroup((described) => value(replicaInstances(described))) }],
  ['slaves', { least: 1, most: 1, answer: ofGroup((described) => value(replicaInstances(described))) }],
  // There is one controller, and it is the one that is asked.
  ['sentinels', { least: 1, most: 1, answer: ofGroup(() => value([])) }],
  ['ckquorum', { least: 1, most: 1, answer: ofGroup(() => ({ kind: 'line', text: enough })) }],
  ['myid', { least: 0, most: 0, answer: (_, source) => value(source.id) }],
  // Who knows Sentinel tries this at night.
  [
    'failover',
    {
      least: 1,
      most: 1,
      answer: ([name = '']) => refusal(`ERR no orders are taken here: ask with \`regroup switchover ${name.slice(0, 128)}\``),
    },
  ],
])

const enough = `OK ${quorum} usable Sentinels. Quorum and failover authorization can be reached`

const containers: ReadonlyMap<string, ReadonlyMap<string, Row>> = new Map([
  ['client', clientCommands],
  ['sentinel', sentinelCommands],
])

/** The reply to a command. Errors: as a real server words them, as values. */
export function answerTo(words: readonly string[], source: Source, connection: Connection): Reply {
  const [given = '', ...rest] = words
  const name = given.toLowerCase()
  const inside = containers.get(name)
  if (inside === undefined) {
    const row = commands.get(name)
    return row === undefined ? unknownCommand(given, rest) : checked(row, name, rest, source, connection)
  }
  const [sub, ...arguments_] = rest
  if (sub === undefined) return wrongNumber(name)
  const row = inside.get(sub.toLowerCase())
  if (row === undefined) return refusal(`ERR unknown subcommand '${sub.slice(0, 128)}'. Try ${name.toUpperCase()} HELP.`)
  return checked(row, `${name}|${sub.toLowerCase()}`, arguments_, source, connection)
}

/** As a server names a command to people: with what it contains. */
export function fullName(words: readonly string[]): string {
  const [name = '', sub] = words.map((word) => word.slice(0, 128).toLowerCase())
  return sub !== undefined && containers.has(name) ? `${name}|${sub}` : name
}

export function wrongNumber(name: string): Reply {
  return refusal(`ERR wrong number of arguments for '${name}' command`)
}

function checked(row: Row, name: string, words: readonly string[], source: Source, connection: Connection): Reply {
  return words.length < row.least || words.length > row.most ? wrongNumber(name) : row.answer(words, source, connection)
}

/** A server cuts what it repeats at 128 bytes. */
function unknownCommand(name: string, words: readonly string[]): Reply {
  let repeated = ''
  for (const word of words) {
    if (repeated.length >= 128) break
    repeated += `'${word.slice(0, 128 - repeated.length)}' `
  }
  return refusal(`ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${repeated}`)
}

// ---------------------------------------------------------------------------------------- connections

/** Null when it is accepted. There are no passwords yet; a server without one answers so. */
function auth(words: readonly string[]): Reply | null {
  if (words.length === 1) {
    return refusal(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    )
  }
  if (words.length > 2) return refusal('ERR syntax error')
  return words[0] === 'default' ? null : refusal('WRONGPASS invalid username-password pair or user is disabled.')
}

function named(name: string, connection: Connection): Reply | null {
  if (!/^[!-~]*$/.test(name)) return refusal('ERR Client names cannot contain spaces, newlines or special characters.')
  connection.name = name === '' ? null : name
  return null
}

function hello(words: readonly string[], _: Source, connection: Connection): Reply {
  const [version, ...options] = words
  if (version !== undefined && !/^\d{1,9}$/.test(version)) return refusal('ERR Protocol version is not an integer or out of range')
  const wanted = version === undefined ? connection.protocol : Number(version)
  if (wanted !== 2 && wanted !== 3) return refusal('NOPROTO unsupported protocol version')
  let name: string | null = null
  for (let at = 0; at < options.length; at++) {
    const option = options[at]?.toLowerCase()
    const [first, second] = [options[at + 1], options[at + 2]]
    if (option === 'auth' && first !== undefined && second !== undefined) {
      const refused = auth([first, second])
      if (refused !== null) return refused
      at += 2
    } else if (option === 'setname' && first !== undefined) {
      name = first
      at += 1
    } else return refusal(`ERR Syntax error in HELLO option '${options[at]}'`)
  }
  const refused = name === null ? null : named(name, connection)
  if (refused !== null) return refused
  connection.protocol = wanted
  return value(
    new Map<string, RespValue>([
      ['server', 'redis'],
      ['version', spokenVersion],
      ['proto', wanted],
      ['id', connection.id],
      ['mode', 'sentinel'],
      ['modules', []],
    ]),
  )
}

function info(words: readonly string[], source: Source): Reply {
  const wanted = words.map((word) => word.toLowerCase())
  const all = wanted.length === 0 || wanted.some((word) => ['all', 'default', 'everything'].includes(word))
  const sections: readonly (readonly [string, () => string])[] = [
    [
      'server',
      () =>
        `# Server\r\nredis_version:${spokenVersion}\r\nredis_mode:sentinel\r\nrun_id:${source.id}\r\ntcp_port:${source.port}\r\nserver_name:regroup\r\n`,
    ],
    ['clients', () => `# Clients\r\nconnected_clients:${source.clients()}\r\n`],
    ['sentinel', () => infoSection(describedAll(source))],
  ]
  return value(
    sections
      .filter(([name]) => all || wanted.includes(name))
      .map(([, text]) => text())
      .join('\r\n'),
  )
}

// --------------------------------------------------------------------------------------------- groups

function ofGroup(answer: (described: Described) => Reply): Answer {
  return ([name = ''], source) => {
    const described = describedOf(source, name)
    return described === null ? noSuchGroup : answer(described)
  }
}

/**
 * While nobody may write: nobody, as for a name that is not known. Clients ask again, and an address that may still take writes would be worse.
 * Only where the last primary is known to refuse connections it is named until the next one is open, as a Sentinel does: nothing listens there,
 * and a client that is refused tries again in its usual way. ioredis ends for good when it hears of the next primary while it waits for an address.
 */
function address(source: Source, name: GroupId): Reply {
  const pair = writableAddress(topologyOf(source, name)) ?? refusingAddress(source, name)
  return pair === null ? none : value(pair)
}

function refusingAddress(source: Source, name: GroupId): readonly [host: string, port: string] | null {
  const last = source.lastOpen(name)
  const node = describedOf(source, name)?.status.nodes.find(({ id }) => id === last?.node)
  return last === null || node?.health !== 'refused' ? null : [last.host, String(last.port)]
}

function topologyOf(source: Source, name: GroupId): Topology | null {
  return unlessUnknown(() => source.facade.topology(name))
}

/** Null: no such group, or nothing is recorded of it yet. */
function describedOf(source: Source, name: GroupId): Described | null {
  const status = unlessUnknown(() => source.facade.status(name))
  const spec = source.facade.spec().groups.find(({ id }) => id === name)
  const primary = status === null ? null : primaryOf(status)
  if (status === null || primary === null || spec === undefined) return null
  return { status, primary, spec, policy: source.facade.policy(name) }
}

function describedAll(source: Source): readonly Described[] {
  return source.facade.spec().groups.flatMap(({ id }) => describedOf(source, id) ?? [])
}

function unlessUnknown<T>(ask: () => T): T | null {
  try {
    return ask()
  } catch (error) {
    if (error instanceof UserError && error.code === 'UNKNOWN_GROUP') return null
    throw error
  }
}
