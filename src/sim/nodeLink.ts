// What one simulated controller says to one node, as src/adapters/nodeLink.ts does on real sockets: a warm probing connection, a challenger
// beside it while it is silent, and two lanes for work that may block.
import type { Instant, ProbeFailure } from '../core/model.ts'
import type { Script } from '../engines/engine.ts'
import { RespError, type RespValue, isArray } from '../resp/value.ts'
import type { Conn, Ending, Net, Peer } from './net.ts'
import { type Batch, isReplies } from './batch.ts'

export type Answer = { readonly ok: true; readonly replies: readonly RespValue[] } | { readonly ok: false; readonly failure: ProbeFailure }
export type Outcome = Answer & { readonly sentAt: Instant }
export type LaneName = 'act' | 'mark'

/** A process that may stand still: its timers and what its sockets have for it wait until it goes on. */
export interface Owner {
  readonly host: string
  readonly net: Net
  /** Names its connections on the nodes, so that a later process can end them. */
  readonly connectionName: string
  clock(): Instant
  /** Calls back after ms; gives how to cancel. */
  timer(ms: number, late: () => void): () => void
  /** Lets what came from a socket happen when the process reads it. */
  reads(happen: () => void): void
  /** This process can open no connection now. */
  readonly exhausted: boolean
}

interface Asked {
  readonly tag: number
  readonly settle: (answer: Answer) => void
}

const silent: ProbeFailure = { kind: 'silent' }
const notProven: ProbeFailure = {
  kind: 'unasked',
  code: 'NOT_PROVEN',
  message: 'no connection is known to reach the process that was read last',
}
const challengerMaxAgeMs = 5_000
const laneIdleMs = 10_000
const keptMs = 60_000
/** As of a real connection: an idle one is asked after this by its kernel. */
const keepAliveMs = 10_000

const greeting = 'greeting'

/** One connection of the controller, with what it asked and was not answered. `greetFirst`: nothing is sent before the node knows its name. */
class Line implements Peer {
  readonly host: string
  readonly #owner: Owner
  readonly #conn: Conn | null
  readonly #onEnd: (line: Line, failure: ProbeFailure) => void
  readonly #asked: Asked[] = []
  #unsent: Batch[] = []
  #answered = false
  readonly #greetFirst: boolean
  isOpen = true
  isConnected = false
  isNamed = false

  constructor(owner: Owner, address: string, greetFirst: boolean, onEnd: (line: Line, failure: ProbeFailure) => void) {
    this.host = owner.host
    this.#owner = owner
    this.#greetFirst = greetFirst
    this.#onEnd = onEnd
    // Without a descriptor nothing leaves; told in a later turn.
    this.#conn = owner.exhausted ? null : owner.net.connect(this, address)
    if (this.#conn === null)
      owner.timer(0, () => this.#end({ kind: 'unasked', code: 'EMFILE', message: 'this process has too many open files' }))
  }

  get outstanding(): number {
    return this.#asked.length
  }

  /** A host that has been reachable for a while does not know this connection any more: a keepalive has found that out. */
  get isForgotten(): boolean {
    const conn = this.#conn
    const { net, host } = this.#owner
    return conn !== null && this.isConnected && !conn.openThere && net.timeline.now - net.clearSince(host, conn.remoteHost) >= keepAliveMs
  }

  send(commands: readonly (readonly string[])[], settle: (answer: Answer) => void): void {
    if (!this.isOpen) return settle({ ok: false, failure: { kind: 'unasked', code: 'ENDED', message: 'the connection has ended' } })
    const tag = this.#asked.length === 0 ? 0 : (this.#asked.at(-1)?.tag ?? 0) + 1
    this.#asked.push({ tag, settle })
    const batch: Batch = { kind: 'batch', tag, commands, write: null }
    if (this.isConnected && (this.isNamed || !this.#greetFirst)) this.#conn?.ask(batch)
    else this.#unsent.push(batch)
  }

  connected(): void {
    this.#owner.reads(() => {
      if (!this.isOpen) return
      this.isConnected = true
      const commands = [['CLIENT', 'SETNAME', this.#owner.connectionName]]
      this.#conn?.ask({ kind: 'batch', tag: greeting, commands, write: null } satisfies Batch)
      if (!this.#greetFirst) this.#flush()
    })
  }

  #flush(): void {
    for (const batch of this.#unsent.splice(0)) this.#conn?.ask(batch)
  }

  #greeted(reply: RespValue | undefined): void {
    this.isNamed = !(reply instanceof RespError)
    if (reply instanceof RespError && this.#greetFirst) {
      return this.#end({ kind: 'answered', code: reply.code, message: `CLIENT SETNAME was refused: ${reply.message}` })
    }
    this.#flush()
  }

  received(_conn: Conn, message: unknown): void {
    if (!isReplies(message)) return
    this.#owner.reads(() => {
      if (!this.isOpen) return
      const [first] = message.values
      if (message.tag === null && !this.#answered && first instanceof RespError) {
        return this.#end({ kind: 'answered', code: 'MAXCLIENTS', message: 'the node takes no more connections (maxclients)' })
      }
      this.#answered = true
      if (message.tag === greeting) return this.#greeted(message.values[0])
      const asked = this.#asked.shift()
      asked?.settle({ ok: true, replies: message.values })
    })
  }

  ended(_conn: Conn, how: Ending): void {
    this.#owner.reads(() => this.#end({ kind: how }))
  }

  destroy(failure: ProbeFailure): void {
    this.#finish(failure)
  }

  #end(failure: ProbeFailure): void {
    if (this.#finish(failure)) this.#onEnd(this, failure)
  }

  #finish(failure: ProbeFailure): boolean {
    if (!this.isOpen) return false
    this.isOpen = false
    // What was not answered is given up (src/adapters/connection.ts).
    this.#conn?.closeHere(this.#asked.length > 0)
    for (const { settle } of this.#asked.splice(0)) settle({ ok: false, failure })
    return true
  }
}

interface Flight {
  readonly sentAt: Instant
  readonly settle: (outcome: Outcome) => void
  readonly cancel: () => void
}

export class SimNodeLink {
  readonly #owner: Owner
  readonly #address: string
  readonly #onDisconnected: () => void
  readonly #lanes: Record<LaneName, Line | null> = { act: null, mark: null }
  readonly #usedAt: Record<LaneName, Instant> = { act: -Infinity, mark: -Infinity }
  #warm: Line | null = null
  #challenger: { readonly line: Line; readonly bornAt: Instant } | null = null
  #queuedOn: Line | null = null
  /** The marks' connection that stood before the question left which the node answered last. */
  #proven: Line | null = null
  #kept: { readonly line: Line; readonly cancel: () => void } | null = null
  #flight: Flight | null = null

  constructor(owner: Owner, address: string, onDisconnected: () => void) {
    this.#owner = owner
    this.#address = address
    this.#onDisconnected = onDisconnected
  }

  probe(commands: readonly (readonly string[])[], timeoutMs: number, settle: (outcome: Outcome) => void): void {
    const sentAt = this.#owner.clock()
    if (this.#flight !== null) throw new Error('the simulator is wrong: one probe at a time')
    this.#flight = { sentAt, settle, cancel: this.#owner.timer(timeoutMs, () => this.#fail(silent)) }
    for (const lane of ['act', 'mark'] as const) {
      if (this.#lanes[lane]?.outstanding === 0 && sentAt - this.#usedAt[lane] >= laneIdleMs) this.#lanes[lane].destroy(silent)
    }
    if (this.#warm !== null && this.#warm.outstanding === 0) this.#ask(this.#warm, commands, sentAt)
    else this.#challenge(commands, sentAt)
  }

  run(lane: LaneName, script: Script, timeoutMs: number, settle: (outcome: Outcome) => void): void {
    const sentAt = this.#owner.clock()
    const commands = commandsOf(script)
    if (lane === 'act') this.#dropKept()
    const warm = this.#warm
    const told = (answer: Answer): void => settle({ ...(answer.ok ? scriptAnswer(script, answer.replies) : answer), sentAt })
    const line = this.#lane(lane)
    this.#timed(line, commands, timeoutMs, (answer) => {
      if (!answer.ok && line.isOpen) line.destroy(silent)
      const full = !answer.ok && 'code' in answer.failure && ['MAXCLIENTS', 'EMFILE'].includes(answer.failure.code)
      if (lane === 'act' && full && warm !== null && warm === this.#warm && warm.isNamed) this.#timed(warm, commands, timeoutMs, told)
      else told(answer)
    })
  }

  runProven(script: Script, timeoutMs: number, settle: (outcome: Outcome) => void): void {
    if (this.#proven !== null && this.#proven === this.#standing) return this.run('mark', script, timeoutMs, settle)
    this.prepare('mark')
    const sentAt = this.#owner.clock()
    this.#owner.timer(0, () => settle({ ok: false, failure: notProven, sentAt }))
  }

  get #standing(): Line | null {
    const { mark } = this.#lanes
    return mark !== null && mark.isOpen && mark.isNamed ? mark : null
  }

  get isWarm(): boolean {
    return this.#warm !== null
  }

  /** Opens a lane ahead. */
  prepare(lane: LaneName): void {
    this.#lane(lane)
  }

  queue(script: Script): boolean {
    const line = this.#warm
    if (line === null || !line.isNamed || this.#queuedOn === line) return false
    this.#queuedOn = line
    line.send(commandsOf(script), () => {
      if (this.#queuedOn === line) this.#queuedOn = null
      if (this.#kept?.line === line) this.#dropKept()
    })
    return true
  }

  close(): void {
    this.#flight?.cancel()
    this.#flight = null
    this.#warm?.destroy(silent)
    this.#warm = null
    this.#dropChallenger()
    this.#dropKept()
    this.#lanes.act?.destroy(silent)
    this.#lanes.mark?.destroy(silent)
  }

  #timed(line: Line, commands: readonly (readonly string[])[], timeoutMs: number, settle: (answer: Answer) => void): void {
    let open = true
    const once = (answer: Answer): void => {
      if (!open) return
      open = false
      cancel()
      settle(answer)
    }
    const cancel = this.#owner.timer(timeoutMs, () => once({ ok: false, failure: silent }))
    line.send(commands, once)
  }

  #lane(name: LaneName): Line {
    this.#usedAt[name] = this.#owner.clock()
    const line = this.#lanes[name]
    if (line?.isForgotten === true) line.destroy({ kind: 'closed' })
    if (line?.isOpen === true) return line
    const fresh = new Line(this.#owner, this.#address, true, () => undefined)
    this.#lanes[name] = fresh
    return fresh
  }

  #challenge(commands: readonly (readonly string[])[], sentAt: Instant): void {
    const { line: old, bornAt } = this.#challenger ?? { line: null, bornAt: 0 }
    if (old !== null && old.isConnected && sentAt - bornAt < challengerMaxAgeMs) return
    this.#dropChallenger()
    const line = new Line(this.#owner, this.#address, false, (ended, failure) => this.#ended(ended, failure))
    this.#challenger = { line, bornAt: sentAt }
    this.#ask(line, commands, sentAt)
  }

  #ask(line: Line, commands: readonly (readonly string[])[], sentAt: Instant): void {
    const standing = this.#standing
    line.send(commands, (answer) => {
      if (!answer.ok) return
      this.#proven = standing
      this.#heard(line, { ...answer, sentAt })
    })
  }

  #heard(line: Line, outcome: Outcome): void {
    if (line === this.#challenger?.line) this.#adopt(line)
    else if (line === this.#warm) this.#dropChallenger()
    else return
    this.#settle(outcome)
  }

  #adopt(line: Line): void {
    const old = this.#warm
    this.#challenger = null
    this.#warm = line
    if (old === null) return
    if (this.#queuedOn !== old) return old.destroy(silent)
    this.#dropKept()
    this.#kept = { line: old, cancel: this.#owner.timer(keptMs, () => this.#dropKept()) }
  }

  #ended(line: Line, failure: ProbeFailure): void {
    if (this.#queuedOn === line) this.#queuedOn = null
    if (line === this.#kept?.line) return this.#dropKept()
    if (line === this.#warm) {
      this.#warm = null
      this.#dropChallenger()
      this.#fail(failure)
      this.#onDisconnected()
    } else if (line === this.#challenger?.line) {
      this.#challenger = null
      // We could not ask again, but the question on the warm one stands until the deadline.
      if (failure.kind === 'refused' && this.#warm !== null) this.#fail({ kind: 'refused', standing: true })
      else if (failure.kind !== 'unasked' || this.#warm === null) this.#fail(failure)
    }
  }

  #fail(failure: ProbeFailure): void {
    if (this.#flight !== null) this.#settle({ ok: false, failure, sentAt: this.#flight.sentAt })
  }

  #settle(outcome: Outcome): void {
    const flight = this.#flight
    if (flight === null) return
    this.#flight = null
    flight.cancel()
    flight.settle(outcome)
  }

  #dropChallenger(): void {
    this.#challenger?.line.destroy(silent)
    this.#challenger = null
  }

  #dropKept(): void {
    const kept = this.#kept
    this.#kept = null
    kept?.cancel()
    kept?.line.destroy(silent)
  }
}

/** As src/adapters/scriptCall.ts, which the simulator may not import. */
function commandsOf(script: Script): readonly (readonly string[])[] {
  return script.transaction ? [['MULTI'], ...script.commands, ['EXEC']] : script.commands
}

function scriptAnswer(script: Script, replies: readonly RespValue[]): Answer {
  if (!script.transaction) return { ok: true, replies }
  const exec = replies.at(-1)
  if (isArray(exec)) return { ok: true, replies: exec }
  const error = replies.find((reply) => reply instanceof RespError)
  const [code, message] = error === undefined ? ['PROTOCOL', 'EXEC answered with neither a list nor an error'] : [error.code, error.message]
  return { ok: false, failure: { kind: 'answered', code, message } }
}
