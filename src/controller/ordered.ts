// An operator's order, until he is told what came of it: it is begun when the record that begins it is stored, and not before.
import { orderStoredWithinMs } from '../core/limits.ts'
import type { GroupRecord, Instant } from '../core/model.ts'
import { type Said, say, worded } from '../core/said.ts'
import type { Memory } from '../core/memory.ts'
import type { Situation } from '../core/situation.ts'
import type { CommandAnswer, Effect, Input, SaveResult } from '../ports.ts'
import { answerTo } from './commands.ts'

interface Order {
  readonly id: number
  /** When it is begun. */
  readonly answer: CommandAnswer
  readonly givenAt: Instant
  /** Of the record that begins it, from when it is being stored. */
  nonce: string | null
  /** What the store said when it did not say that it has it. */
  problem: Exclude<SaveResult, { readonly ok: true }> | null
}

type Refusal = Extract<CommandAnswer, { readonly ok: false }>['code']

export class Ordered {
  #order: Order | null = null

  /**
   * What cannot be done and what is only asked about is answered at once, an order when it is stored. `s`: null while the record is being read.
   * Gives the memory, with the order in it.
   */
  take({ id, command }: Extract<Input, { kind: 'command' }>, s: Situation | null, memory: Memory, effects: Effect[]): Memory {
    const { name, by, dryRun } = command
    const answer = s === null ? notNow('command.reading') : this.#order !== null && !dryRun ? notNow('command.open') : answerTo(s, command)
    if (s === null || !answer.ok || dryRun) {
      effects.push({ kind: 'reply', id, answer })
      return memory
    }
    this.#order = { id, answer, givenAt: s.now, nonce: null, problem: null }
    return { ...memory, order: { name, to: answer.candidate, by } }
  }

  /** When he is told that the store does not say. */
  get until(): Instant {
    return this.#order === null ? Infinity : this.#order.givenAt + orderStoredWithinMs
  }

  /** A record is being stored, this order's or one that came first. */
  saving(record: GroupRecord, said: Said, effects: Effect[]): void {
    if (this.#order === null || this.#order.nonce !== null) return
    const begins = record.phase === 'switchover' || (record.phase === 'failover' && record.cause === 'operator')
    if (begins) this.#order.nonce = record.nonce
    else this.refused(said, effects)
  }

  /** It cannot be begun any more. */
  refused(said: Said, effects: Effect[]): void {
    if (this.#order?.nonce === null) this.#refuse('NOT_NOW', said, effects)
  }

  /** The store answered. When it is not sure, only reading tells. */
  saved(nonce: string, result: SaveResult, effects: Effect[]): void {
    if (this.#order?.nonce !== nonce) return
    if (result.ok) this.#reply(this.#order.answer, effects)
    else this.#order.problem = result
  }

  /** What is stored was read. */
  read(record: GroupRecord | null, effects: Effect[]): void {
    if (this.#order === null || this.#order.problem === null) return
    const { nonce, answer, problem } = this.#order
    if (record?.nonce === nonce) return this.#reply(answer, effects)
    const code = problem.reason === 'conflict' ? 'NOT_NOW' : 'STORE_BROKEN'
    this.#refuse(code, say('command.unstored', { message: problem.message }), effects)
  }

  /** Nobody is kept waiting for a disk that hangs. Whether the order was given up: nothing of it was stored. */
  late(now: Instant, effects: Effect[]): boolean {
    if (this.#order === null || now < this.until) return false
    const givenUp = this.#order.nonce === null
    this.#refuse('STORE_BROKEN', say(givenUp ? 'command.storeHangs' : 'command.unsure', { seconds: orderStoredWithinMs / 1000 }), effects)
    return givenUp
  }

  #refuse(code: Refusal, said: Said, effects: Effect[]): void {
    this.#reply({ ok: false, code, ...worded(said) }, effects)
  }

  #reply(answer: CommandAnswer, effects: Effect[]): void {
    if (this.#order !== null) effects.push({ kind: 'reply', id: this.#order.id, answer })
    this.#order = null
  }
}

function notNow(code: 'command.reading' | 'command.open'): CommandAnswer {
  return { ok: false, code: 'NOT_NOW', ...worded(say(code)) }
}
