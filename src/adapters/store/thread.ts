// A thread that answers questions in order, seen from the side that asks.
import { Worker } from 'node:worker_threads'
import { UserError } from '../../errors.ts'
import type { Answer, Answers, Question } from './fileMessages.ts'

interface Waiting {
  readonly resolve: (value: Answers[keyof Answers]) => void
  readonly reject: (error: UserError) => void
}

/** Runs fileThread.ts. Every promise rejects with a UserError: what the thread answered, or STORE_BROKEN once it is gone. */
export class StoreThread {
  readonly #worker: Worker
  /** Answers come in the order of the questions, so the first in the line is the one that is answered. */
  readonly #waiting: Waiting[] = []
  #gone: UserError | null = null

  constructor() {
    // Compiled to JavaScript the neighbour ends differently. execArgv: flags meant for the main thread (a test runner's, a debugger's) stay there.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./fileThread.${extension}`, import.meta.url), { name: 'store', execArgv: [] })
    this.#worker.on('message', (answer: Answer) => this.#answered(answer))
    this.#worker.on('error', (error) => this.#lost(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', () => this.#lost('its thread ended'))
  }

  ask<Op extends Question['op']>(question: Extract<Question, { op: Op }>): Promise<Answers[Op]> {
    if (this.#gone !== null) return Promise.reject(this.#gone)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: (value) => resolve(value as Answers[Op]), reject })
      // An idle store keeps no process alive; one that owes an answer does.
      this.#worker.ref()
      this.#worker.postMessage(question, [])
    })
  }

  async end(): Promise<void> {
    this.#gone ??= new UserError('STORE_BROKEN', 'the store is closed')
    await this.#worker.terminate()
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#worker.unref()
    if (answer.ok) waiting?.resolve(answer.value)
    else waiting?.reject(new UserError(answer.code, answer.message))
  }

  #lost(why: string): void {
    this.#gone ??= new UserError('STORE_BROKEN', `the store stopped working: ${why}; restart regroup`)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#gone)
  }
}
