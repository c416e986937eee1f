// What a simulated Pika answers to a client, byte for byte where it matters.
import { encodeSimple, encodeValue } from '../resp/encode.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import { knowsUsers, pikaInfo, saysSum } from './pikaInfo.ts'
import { hasTooFewWords, isKeyCommand, isWrite, ok } from './pikaKeys.ts'
import type { PikaNode } from './pikaNode.ts'
import { configGet, configSet } from './pikaSettings.ts'

/** A client's connection. */
export interface PikaClient {
  readonly address: string
  readonly descriptor: number
  /** null: it must authenticate first. */
  user: string | null
  name: string
  /** Between MULTI and EXEC; `failed`: a command was refused while it was queued. */
  queue: { readonly commands: (readonly string[])[]; failed: boolean } | null
  readonly channels: Set<string>
}

/** Who is connected, for the commands that speak about connections. */
export interface PikaClients {
  all(): readonly PikaClient[]
  /** Closes later, whoever is meant then. */
  kill(who: (client: PikaClient) => boolean): void
  publish(channel: string, text: string): number
}

class Simple {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An error that ends without a line end, and what follows it on the same line. */
class Unended {
  readonly message: string
  readonly rest: RespValue
  constructor(message: string, rest: RespValue) {
    this.message = message
    this.rest = rest
  }
}

type Reply = RespValue | Unended | Simple | readonly (RespValue | Simple)[]

const fine = new Simple('OK')
const error = (text: string): RespError => new RespError(text)
const wrongNumber = (name: string): RespError => error(`ERR wrong number of arguments for '${name}' command`)
const clientSyntax = error('ERR Syntax error, try CLIENT (LIST [order by [addr|idle]| KILL ip:port)')

export function newPikaClient(node: PikaNode, address: string, descriptor: number): PikaClient {
  const user = node.config.requirepass === '' ? 'default' : null
  return { address, descriptor, user, name: '', queue: null, channels: new Set() }
}

/** Runs one command and gives the bytes of its reply. */
export function pikaReply(node: PikaNode, clients: PikaClients, client: PikaClient, command: readonly string[]): Buffer {
  return bytesOf(reply(node, clients, client, command))
}

/** The same as a value. */
export function pikaAnswer(node: PikaNode, clients: PikaClients, client: PikaClient, command: readonly string[]): RespValue {
  return valueOf(reply(node, clients, client, command))
}

function valueOf(value: Reply): RespValue {
  if (value instanceof Simple) return value.text
  if (value instanceof Unended) return error(value.message)
  if (!Array.isArray(value)) return value as RespValue
  return (value as readonly (RespValue | Simple)[]).map(valueOf)
}

function bytesOf(value: Reply): Buffer {
  if (value instanceof Simple) return encodeSimple(value.text)
  if (value instanceof Unended) return Buffer.concat([Buffer.from(`-${value.message}`), encodeValue(value.rest, 2)])
  if (!Array.isArray(value)) return encodeValue(value as RespValue, 2)
  const items = value as readonly (RespValue | Simple)[]
  return Buffer.concat([Buffer.from(`*${items.length}\r\n`), ...items.map(bytesOf)])
}

function reply(node: PikaNode, clients: PikaClients, client: PikaClient, command: readonly string[]): Reply {
  const name = command[0]?.toLowerCase() ?? ''
  if (client.channels.size > 0 && !['subscribe', 'unsubscribe', 'ping', 'quit'].includes(name)) {
    return error('ERR only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT allowed in this context')
  }
  if (name === 'auth' || name === 'hello' || name === 'quit') return greeting(node, client, name, command)
  if (client.user === null) return error('ERR NOAUTH Authentication required.')
  const refusal = refused(node, client, name, command)
  if (refusal !== null) {
    if (client.queue !== null) client.queue.failed = true
    return refusal
  }
  if (client.queue !== null && !['exec', 'discard', 'multi'].includes(name)) {
    client.queue.commands.push(command)
    return new Simple('QUEUED')
  }
  if (name === 'multi' || name === 'exec' || name === 'discard') return transaction(node, clients, client, name)
  return run(node, clients, client, name, command)
}

/** Said before a command is run or queued. */
function refused(node: PikaNode, client: PikaClient, name: string, command: readonly string[]): RespError | null {
  if (!isKeyCommand(name)) return name in others ? null : error(`ERR unknown command "${name}"`)
  if (hasTooFewWords(name, command)) return wrongNumber(name)
  if (!node.users.may(client.user ?? '', name, isWrite(name) ? 'write' : 'read')) {
    return error(`NOPERM this user has no permissions to run the '${name}' command`)
  }
  if (!isWrite(name)) return null
  if (node.upstream === null) return node.isFull ? error('ERR IO error: No space left on device') : null
  return error(saysSum(node.version) ? "ERR READONLY You can't write against a read only replica." : 'ERR Server in read-only')
}

function run(node: PikaNode, clients: PikaClients, client: PikaClient, name: string, command: readonly string[]): Reply {
  if (!isKeyCommand(name)) return others[name]?.({ node, clients, client, command, words: command.slice(1) }) ?? fine
  const result = isWrite(name) ? node.write(name, command) : node.read(name, command)
  return result === ok ? fine : result
}

function transaction(node: PikaNode, clients: PikaClients, client: PikaClient, name: string): Reply {
  const { queue } = client
  if (name === 'multi') {
    client.queue = { commands: [], failed: false }
    return fine
  }
  client.queue = null
  if (queue === null) return error(`ERR ${name.toUpperCase()} without MULTI`)
  if (name === 'discard') return fine
  if (queue.failed) return error('EXECABORT Transaction discarded because of previous errors.')
  return queue.commands.map((one) => run(node, clients, client, one[0]?.toLowerCase() ?? '', one) as RespValue | Simple)
}

function greeting(node: PikaNode, client: PikaClient, name: string, command: readonly string[]): Reply {
  const { requirepass } = node.config
  const [, first = '', second] = command
  if (name === 'quit') return fine
  if (name === 'hello') {
    const hello = ['server', 'redis', 'proto', 2, 'mode', 'classic', 'role', node.upstream === null ? 'master' : 'slave']
    if (command[2]?.toLowerCase() !== 'auth') return hello
    if (requirepass === '') return new Unended('ERR Client sent AUTH, but no password is set', hello)
    client.user = 'default'
    return hello
  }
  if (second !== undefined && !knowsUsers(node.version)) return wrongNumber('auth')
  if (second === undefined) {
    if (requirepass === '') return error('ERR Client sent AUTH, but no password is set')
    // Whatever does not fit is tried as the user `limit`, who has no password.
    client.user = first === requirepass ? 'default' : 'limit'
    return fine
  }
  const fits = first === 'default' ? requirepass === '' || second === requirepass : node.users.letsIn(first, second)
  if (!fits) return error('WRONGPASS invalid username-password pair or user is disabled.')
  client.user = first
  return fine
}

interface Call {
  readonly node: PikaNode
  readonly clients: PikaClients
  readonly client: PikaClient
  readonly command: readonly string[]
  readonly words: readonly string[]
}

const others: Readonly<Record<string, (call: Call) => Reply>> = {
  multi: () => fine,
  exec: () => fine,
  discard: () => fine,
  ping: ({ client, words }) => (words.length > 0 ? wrongNumber('ping') : client.channels.size > 0 ? ['pong', ''] : new Simple('PONG')),
  echo: ({ words }) => words[0] ?? '',
  info: ({ node, words }) => pikaInfo(node, words[0]?.toLowerCase() ?? ''),
  slaveof,
  dbslaveof: () => fine,
  config,
  client: clientCommand,
  acl,
  select: ({ words }) => (words[0] === '0' ? fine : error("ERR invalid DB index for 'select DB index is out of range'")),
  time: ({ node }) => [String(Math.floor(node.now() / 1000)), '0'],
  lastsave: () => 0,
  slowlog: () => [],
  bgsave: () => new Simple('Background saving started'),
  compact: () => fine,
  subscribe: ({ client, words }) => {
    client.channels.add(words[0] ?? '')
    return ['subscribe', words[0] ?? '', client.channels.size]
  },
  unsubscribe: ({ client, words }) => {
    client.channels.delete(words[0] ?? '')
    return ['unsubscribe', words[0] ?? '', client.channels.size]
  },
  publish: ({ clients, words }) => clients.publish(words[0] ?? '', words[1] ?? ''),
  pubsub: ({ clients, words }) => {
    const heard = (channel: string): number => clients.all().filter((one) => one.channels.has(channel)).length
    if (words[0]?.toLowerCase() === 'numsub') return words.slice(1).flatMap((channel) => [channel, heard(channel)])
    return [...new Set(clients.all().flatMap((one) => [...one.channels]))]
  },
}

function slaveof({ node, words }: Call): Reply {
  const [host = '', port = '', third] = words
  if (host.toLowerCase() === 'no' && port.toLowerCase() === 'one') {
    if (words.length > 2) return wrongNumber('slaveof')
    node.lead()
    return fine
  }
  if (words.length < 2 || words.length > 3 || (third !== undefined && third.toLowerCase() !== 'force')) return wrongNumber('slaveof')
  if (node.attached.length > 0) return error('ERR already master of others, invalid usage')
  if (!/^\d+$/.test(port)) return error('ERR value is not an integer or out of range')
  if (Number(port) === node.address.port && host === node.address.host) {
    return error('ERR The master ip:port and the slave ip:port are the same')
  }
  node.follow({ host, port: Number(port) }, third !== undefined)
  return fine
}

function config({ node, words }: Call): Reply {
  const [verb = '', name = '', value] = words
  switch (verb.toLowerCase()) {
    case '':
      return wrongNumber('config')
    case 'get':
      return configGet(node, name)
    case 'set': {
      if (value === undefined) return error('ERR Wrong number of arguments for CONFIG set')
      const said = configSet(node, name.toLowerCase(), value)
      return said === null ? fine : typeof said === 'string' ? error(said) : said
    }
    case 'rewrite':
      return node.saveAll() ? fine : error('ERR Rewrite CONFIG fail')
    case 'resetstat':
      return fine
    default:
      return error('ERR CONFIG subcommand must be one of GET, SET, RESETSTAT, REWRITE')
  }
}

function clientCommand({ clients, client, words }: Call): Reply {
  const [verb = '', what = '', type = ''] = words.map((word) => word.toLowerCase())
  if (verb === 'list')
    return clients
      .all()
      .map((one) => `addr=${one.address} fd=${one.descriptor} idle=0\n`)
      .join('')
  if (verb === 'getname') return client.name
  if (verb === 'setname' && words.length === 2) {
    client.name = words[1] ?? ''
    return fine
  }
  if (verb !== 'kill') return clientSyntax
  if (what === 'all' && words.length === 2) clients.kill(() => true)
  else if (what === 'type' && words.length === 3 && (type === 'normal' || type === 'pubsub')) {
    clients.kill((one) => one.channels.size > 0 === (type === 'pubsub'))
  } else if (words.length === 2) {
    if (!clients.all().some((one) => one.address === what)) return error('ERR No such client')
    clients.kill((one) => one.address === what)
  } else return clientSyntax
  return fine
}

function acl({ node, client, words }: Call): Reply {
  const [verb = '', user = '', ...rules] = words
  switch (verb.toLowerCase()) {
    case 'whoami':
      return client.user
    case 'list':
      return node.users.lines()
    case 'setuser': {
      const wrong = node.users.set(user, rules)
      return wrong === null ? fine : error(wrong)
    }
    case 'deluser': {
      const gone = node.users.delete([user, ...rules])
      return typeof gone === 'string' ? error(gone) : gone
    }
    case 'save':
      return error(
        'ERR This Pika is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Pika configuration.',
      )
    default:
      return error('ERR Unknown subcommand')
  }
}
