// A thread that answers questions, seen from the side that asks.
import { Worker } from 'node:worker_threads'
import { UserError } from '../../errors.ts'
import type { Answer, Answers, Numbered, Question } from './fileMessages.ts'

interface Waiting {
  readonly resolve: (value: Answers[keyof Answers]) => void
  readonly reject: (error: UserError) => void
}

/** Runs fileThread.ts. Every promise rejects with a UserError: what the thread answered, or STORE_BROKEN once it is gone. */
export class StoreThread {
  readonly #worker: Worker
  /** By the number of the question. */
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0
  #gone: UserError | null = null

  constructor() {
    // Compiled to JavaScript the neighbour ends differently. execArgv: flags meant for the main thread (a test runner's, a debugger's) stay there.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./fileThread.${extension}`, import.meta.url), { name: 'store', execArgv: [] })
    this.#worker.on('message', (answer: Numbered<Answer>) => this.#answered(answer))
    this.#worker.on('error', (error) => this.#lost(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', () => this.#lost('its thread ended'))
  }

  ask<Op extends Question['op']>(question: Extract<Question, { op: Op }>): Promise<Answers[Op]> {
    if (this.#gone !== null) return Promise.reject(this.#gone)
    return new Promise((resolve, reject) => {
      const id = ++this.#asked
      this.#waiting.set(id, { resolve: (value) => resolve(value as Answers[Op]), reject })
      // An idle store keeps no process alive; one that owes an answer does.
      this.#worker.ref()
      this.#worker.postMessage({ id, of: question } satisfies Numbered<Question>, [])
    })
  }

  async end(): Promise<void> {
    this.#gone ??= new UserError('STORE_BROKEN', 'the store is closed')
    await this.#worker.terminate()
  }

  #answered({ id, of: answer }: Numbered<Answer>): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if (answer.ok) waiting?.resolve(answer.value)
    else waiting?.reject(new UserError(answer.code, answer.message))
  }

  #lost(why: string): void {
    this.#gone ??= new UserError('STORE_BROKEN', `the store stopped working: ${why}; restart regroup`)
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone)
    this.#waiting.clear()
  }
}
