// Everything that is said to one node: the probing connection that notices a death at once, and two lanes for work that may block.
import type { Address, Instant, ProbeFailure } from '../core/model.ts'
import type { Script } from '../engines/engine.ts'
import type { Clock } from '../ports.ts'
import { encodeCommands } from '../resp/encode.ts'
import { Connection, type Credential, type TlsOptions } from './connection.ts'
import { deadline } from './deadline.ts'
import { KeyRing } from './keyRing.ts'
import { Lane } from './lane.ts'
import type { Room } from './room.ts'
import { type Answer, type Outcome, closed, failed, silent, unasked } from './outcome.ts'
import { commandsOf, scriptAnswer } from './scriptCall.ts'

/** act: role changes. mark: the canary's write, which a write pause blocks. */
export type LaneName = 'act' | 'mark'

export interface NodeLinkOptions {
  readonly address: Address
  readonly tls: TlsOptions | null
  /** What it may be spoken to with, in this order; none: without. Read at every connect. */
  readonly credentials: () => readonly Credential[]
  readonly defaultUser?: string | null
  /** Names every connection that may change a role, so that a later leader can cut them (CLIENT SETNAME; no spaces). */
  readonly name: string
  readonly clock: Clock
  /** Where its connections are counted. Not given: nowhere. */
  readonly room?: Room
  /** The warm probing connection was closed or reset by the other side. Once for each; not when `close()` was called. */
  readonly onDisconnected: () => void
}

/** Called once for what was asked, and never before that returned. */
type Settle = (outcome: Outcome) => void

interface Flight {
  readonly commands: Script['commands']
  readonly sentAt: Instant
  readonly settle: Settle
  readonly cancel: () => void
  /** How many credentials were refused. */
  refusals: number
}

/**
 * How long a challenger that was accepted but not answered is asked no more and waited for. A frozen process answers it when it wakes; a
 * host that restarted meanwhile never does. Shorter would fill the frozen process's accept queue (511 by default) with our connections.
 */
const challengerMaxAgeMs = 5_000
/** At rest nobody is told a role for weeks: a thousand groups would hold three thousand connections for nothing. */
const laneIdleMs = 10_000
/** ... and while thousands of groups are taken over at once, each is told something in its first second and then nothing. */
const laneIdleWhenShortMs = 500
/** How long a replaced connection with queued bytes may still deliver them, while nothing else is told to the node. */
const keptMs = 60_000

const notProven = unasked('NOT_PROVEN', 'no connection is known to reach the process that was read last')
const linkClosed = unasked('LINK_CLOSED', 'the link to this node was closed')

export class NodeLink {
  readonly #options: NodeLinkOptions
  readonly #keys: KeyRing
  readonly #lanes: Readonly<Record<LaneName, Lane>>
  /** Has answered before; open. With an unanswered question it is left alone: a frozen process may wake. */
  #warm: Connection | null = null
  /** Has not answered yet: the first connection, or the one that asks while the warm one is silent. */
  #challenger: { readonly connection: Connection; readonly bornAt: Instant; readonly credential: Credential | null } | null = null
  /** Carries the script that was queued on it last. */
  #queuedOn: Connection | null = null
  #kept: { readonly connection: Connection; readonly timer: NodeJS.Timeout } | null = null
  #flight: Flight | null = null
  /** The marks' connection that stood before the question left which the node answered last: it reaches that process and no other. */
  #proven: Connection | null = null
  #isClosed = false
  /** Made once: it goes with every question. */
  readonly #onLate = (): void => this.#late()

  /** Connects to nothing yet. */
  constructor(options: NodeLinkOptions) {
    this.#options = options
    this.#keys = new KeyRing(options.credentials)
    const { clock } = options
    this.#lanes = { act: new Lane(() => this.#laneConnection(), clock), mark: new Lane(() => this.#laneConnection(), clock) }
  }

  /**
   * Asks the node; ends at the latest after `timeoutMs`, a connect included, and at once when the connection is refused or ends.
   *
   * silent: no answer in time; the warm connection stays, its question stays open and no more are put to it. From then on each probe asks
   * on a challenger beside it. Whichever answers first counts: a late answer on the warm connection ends the probe in flight and the
   * challenger with it; an answer of the challenger makes it the warm connection.
   *
   * A challenger that is refused, closed or answered with a refusal ends the probe so, although the warm connection is open and silent:
   * it is what the host says now, while silence says nothing (a host that restarted leaves the old connection hanging for minutes). A
   * refusal beside a connection that stands is `standing` and no proof of death: the process may be frozen; no disconnect is reported for it and the warm connection stays, with what is queued on it.
   *
   * A refused credential is no answer as long as another one is left: the node is asked again with that, within the same deadline.
   *
   * Codes of `answered`: MAXCLIENTS, DENIED, WRONGPASS, NOAUTH, NOPERM, PROTOCOL, TLS; of `unasked`: DNS, NO_ROUTE, EMFILE and other
   * codes of the system, IN_FLIGHT (one probe at a time), LINK_CLOSED. Error replies to the commands themselves are replies.
   */
  probe(commands: Script['commands'], timeoutMs: number, settle: Settle): void {
    const sentAt = this.#options.clock.now()
    if (this.#isClosed) return later(settle, { ...failed(linkClosed), sentAt })
    if (this.#flight !== null) return later(settle, { ...failed(unasked('IN_FLIGHT', 'this node is being probed already')), sentAt })
    const cancel = deadline(timeoutMs, this.#onLate)
    this.#flight = { commands, sentAt, settle, cancel, refusals: 0 }
    const idleMs = this.#options.room?.isShort === true ? laneIdleWhenShortMs : laneIdleMs
    this.#lanes.act.closeAfter(idleMs, sentAt)
    this.#lanes.mark.closeAfter(laneIdleMs, sentAt)
    if (this.#warm !== null && this.#warm.outstanding === 0) this.#ask(this.#warm, commands, sentAt)
    else this.#challenge(commands, sentAt)
  }

  /**
   * Runs a script on a lane; a transaction leaves as MULTI .. EXEC in one write and its replies are EXEC's elements.
   * After `silent` the lane's connection is closed, so nothing more is read from it, but what the node has received it may still execute,
   * also long after; the same holds for `closed`. Belief comes from the next probe.
   * A node without room for a connection of the act lane (MAXCLIENTS), or a process of ours without a descriptor for one, uses the warm
   * probing connection instead: a full node must still be promotable. There the connection stays when the time is over.
   * Codes as for `probe`, and that of a transaction's first refused command with its name in the message; LANE_FULL.
   */
  async run(lane: LaneName, script: Script, timeoutMs: number): Promise<Outcome> {
    const sentAt = this.#options.clock.now()
    if (this.#isClosed) return { ...failed(linkClosed), sentAt }
    // It is told something now, so what was queued for it is past: late, that would undo this.
    if (lane === 'act') this.#dropKept()
    const commands = commandsOf(script)
    const warm = this.#warm
    let answer = await this.#inLane(lane, commands, timeoutMs)
    if (lane === 'act' && hasNoRoom(answer) && warm !== null && warm === this.#warm && warm.isNamed)
      answer = await warm.answer(commands, timeoutMs)
    return outcomeOf(script, answer, sentAt)
  }

  /**
   * Runs a script on the mark lane, and only where it reaches the process that answered the last probe: a node that was restarted since ends
   * that connection. Else nothing leaves, NOT_PROVEN, and the next probe's answer proves a connection that is opened now. Ends and codes
   * as for `run`; `settle` is called once, later.
   */
  runProven(script: Script, timeoutMs: number, settle: Settle): void {
    const { mark } = this.#lanes
    const sentAt = this.#options.clock.now()
    if (this.#isClosed) return later(settle, { ...failed(linkClosed), sentAt })
    if (this.#proven !== null && this.#proven === mark.established)
      return mark.ask(commandsOf(script), timeoutMs, (answer) => settle(outcomeOf(script, answer, sentAt)))
    this.prepare('mark')
    later(settle, { ...failed(notProven), sentAt })
  }

  /** What it is spoken to with now. */
  get credential(): Credential | null {
    return this.#keys.current
  }

  /** Nothing was executed on a connection whose greeting was refused, so the next credential may say it again. */
  async #inLane(lane: LaneName, commands: Script['commands'], timeoutMs: number): Promise<Answer> {
    for (let tries = this.#keys.size; ; tries--) {
      const credential = this.#keys.current
      const answer = await new Promise<Answer>((resolve) => this.#lanes[lane].ask(commands, timeoutMs, resolve))
      if (answer.ok || !isRefusal(answer.failure) || tries <= 1) return answer
      this.#keys.refused(credential)
    }
  }

  /** The connection stands on which it answered last. */
  get isWarm(): boolean {
    return this.#warm !== null
  }

  /**
   * Opens a lane ahead of its first script: saves the connect and a round trip when it counts. One that nobody needed for 10 s is closed; that of
   * role changes after half a second when room is short.
   */
  prepare(lane: LaneName): void {
    if (!this.#isClosed) this.#lanes[lane].prepare()
  }

  /**
   * Writes a script onto the warm probing connection behind the question that the node has not answered, and waits for nothing: a frozen
   * process executes it in its first batch on waking (docs/protocol.md, A14). Whatever is told to the node after it answered elsewhere withdraws it. Its replies are read and dropped.
   * false: nothing was written; there is no warm connection, it carries a queued script already, or the node does not know its name.
   */
  queue(script: Script): boolean {
    const connection = this.#warm
    if (connection === null || !connection.isNamed || this.#queuedOn === connection) return false
    this.#queuedOn = connection
    connection.send(commandsOf(script), () => {
      if (this.#queuedOn === connection) this.#queuedOn = null
      if (this.#kept?.connection === connection) this.#dropKept()
    })
    return true
  }

  /** Closes every connection; what is in flight ends as `unasked` LINK_CLOSED. */
  close(): void {
    this.#isClosed = true
    this.#settle({ ...failed(linkClosed), sentAt: this.#options.clock.now() })
    this.#warm?.destroy(linkClosed)
    this.#warm = null
    this.#dropChallenger()
    this.#dropKept()
    for (const lane of Object.values(this.#lanes)) lane.close(linkClosed)
  }

  #challenge(commands: Script['commands'], sentAt: Instant): void {
    const { connection: old, bornAt } = this.#challenger ?? { connection: null, bornAt: 0 }
    const credential = this.#keys.current
    // Stuck in its connect, a fresh one is faster: the kernel repeats a lost SYN only after a second, then two, then four.
    if (old !== null && old.isConnected && sentAt - bornAt < challengerMaxAgeMs) return
    this.#dropChallenger()
    const connection: Connection = new Connection({
      ...this.#connectionOptions(),
      greetFirst: false,
      onEnd: (failure) => this.#ended(connection, failure),
    })
    this.#challenger = { connection, bornAt: sentAt, credential }
    this.#ask(connection, commands, sentAt)
  }

  #ask(connection: Connection, commands: Script['commands'], sentAt: Instant): void {
    const standing = this.#lanes.mark.established
    connection.send(
      commands,
      (answer) => {
        // A connection that ended is told by onEnd, also when it was asked nothing.
        if (!answer.ok) return
        this.#proven = standing
        this.#heard(connection, { ...answer, sentAt })
      },
      questionOf(commands),
    )
  }

  #heard(connection: Connection, outcome: Outcome): void {
    if (connection === this.#challenger?.connection) this.#adopt(connection)
    else if (connection === this.#warm) this.#dropChallenger()
    else return
    this.#settle(outcome)
  }

  /** The challenger answered: it is the warm connection from now on. */
  #adopt(connection: Connection): void {
    const old = this.#warm
    this.#challenger = null
    this.#warm = connection
    if (old === null) return
    if (this.#queuedOn !== old) {
      old.destroy(silent)
      return
    }
    this.#dropKept()
    this.#kept = { connection: old, timer: setTimeout(() => this.#dropKept(), keptMs) }
  }

  #ended(connection: Connection, failure: ProbeFailure): void {
    if (this.#queuedOn === connection) this.#queuedOn = null
    if (connection === this.#kept?.connection) return this.#dropKept()
    if (connection === this.#warm) {
      this.#warm = null
      // The kernel gave up on it: no news of the node, and a challenger may still be asking.
      if (failure.kind === 'silent') return
      // It was accepted before this end and may be gone too; the next probe's fresh connect is the truth.
      this.#dropChallenger()
      this.#fail(failure)
      if (failure.kind === closed.kind) this.#options.onDisconnected()
    } else if (connection === this.#challenger?.connection) {
      const { credential } = this.#challenger
      this.#challenger = null
      if (isRefusal(failure) && this.#askAgain(credential)) return
      // We could not ask again, but the warm connection's question stands until the deadline.
      if (failure.kind === 'refused' && this.#warm !== null) this.#fail({ kind: 'refused', standing: true })
      else if (failure.kind !== 'unasked' || this.#warm === null) this.#fail(failure)
    }
  }

  /** The node refused this credential; gives whether another one is being tried. */
  #askAgain(credential: Credential | null): boolean {
    const flight = this.#flight
    if (flight === null || ++flight.refusals >= this.#keys.size) return false
    this.#keys.refused(credential)
    this.#challenge(flight.commands, flight.sentAt)
    return true
  }

  #late(): void {
    this.#fail(this.#warm === null ? (this.#challenger?.connection.lateness() ?? silent) : silent)
  }

  #fail(failure: ProbeFailure): void {
    if (this.#flight !== null) this.#settle({ ...failed(failure), sentAt: this.#flight.sentAt })
  }

  #settle(outcome: Outcome): void {
    const flight = this.#flight
    if (flight === null) return
    this.#flight = null
    flight.cancel()
    // What ends a question but an answer may be in the middle of something else.
    if (outcome.ok) flight.settle(outcome)
    else later(flight.settle, outcome)
  }

  #dropChallenger(): void {
    this.#challenger?.connection.destroy(silent)
    this.#challenger = null
  }

  #dropKept(): void {
    if (this.#kept === null) return
    const { connection, timer } = this.#kept
    this.#kept = null
    clearTimeout(timer)
    connection.destroy(silent)
  }

  #laneConnection(): Connection {
    return new Connection({ ...this.#connectionOptions(), greetFirst: true })
  }

  #connectionOptions(): Omit<ConstructorParameters<typeof Connection>[0], 'greetFirst' | 'onEnd'> {
    const { address, tls, name, defaultUser = null, room = null } = this.#options
    return { address, tls, credential: this.#keys.current, defaultUser, name, room }
  }
}

/** An engine asks every node the same, thousands of times a second: written out once. */
const questions = new WeakMap<object, Buffer>()

function questionOf(commands: Script['commands']): Buffer {
  let bytes = questions.get(commands)
  if (bytes === undefined) {
    bytes = encodeCommands(commands)
    questions.set(commands, bytes)
  }
  return bytes
}

function later(settle: Settle, outcome: Outcome): void {
  queueMicrotask(() => settle(outcome))
}

function outcomeOf(script: Script, answer: Answer, sentAt: Instant): Outcome {
  return { ...(answer.ok ? scriptAnswer(script, answer.replies) : answer), sentAt }
}

function isRefusal(failure: ProbeFailure): boolean {
  return failure.kind === 'answered' && failure.code === 'WRONGPASS'
}

/** There is no room for another connection, at the node or here: nothing that was sent on it was executed. */
const noRoom: ReadonlySet<string> = new Set(['MAXCLIENTS', 'EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'])

function hasNoRoom(answer: Answer): boolean {
  return !answer.ok && 'code' in answer.failure && noRoom.has(answer.failure.code)
}
