// A real server with a real group, everybody who may ask, and the judge of each answer.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Controller } from '../harness/controller.ts'
import type { Group } from '../harness/servers.ts'
import { pass } from '../harness/wait.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import type { AskerName, FuzzRequest, OpenApi } from './requests.ts'

const answerLimitMs = 10_000

interface Answer {
  readonly status: number
  readonly text: string
}

export class Bed {
  readonly #controller: Controller
  readonly #group: Group
  readonly #secrets: Readonly<Record<AskerName, string | null>>
  readonly #admin: string
  #state = ''
  /** How often each status was given. */
  readonly statuses = new Map<number, number>()

  private constructor(controller: Controller, group: Group, admin: string, secrets: Readonly<Record<AskerName, string | null>>) {
    this.#controller = controller
    this.#group = group
    this.#admin = admin
    this.#secrets = secrets
  }

  static async start(): Promise<Bed> {
    const controller = await Controller.start()
    const group = await startWatched(controller, 'shop', 2, { persistence: 'none', delay: 0 })
    const admin = readFileSync(join(controller.dir, 'store', 'admin.token'), 'utf8').trim()
    const token = async (name: string, role: string, groups: readonly string[]): Promise<string> => {
      const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ name, role, groups })
      const made = (await (await fetch(`${controller.url}/api/v1/tokens`, { method: 'POST', headers, body })).json()) as { secret: string }
      return made.secret
    }
    const secrets = {
      nobody: null,
      // The first must be an admin.
      admin: await token('admin', 'admin', ['*']),
      viewer: await token('viewer', 'viewer', ['*']),
      operator: await token('operator', 'operator', ['*']),
      stranger: await token('stranger', 'operator', ['another']),
    }
    const bed = new Bed(controller, group, admin, secrets)
    bed.#state = await bed.#read()
    return bed
  }

  async document(): Promise<OpenApi> {
    return JSON.parse((await this.#ask('GET', '/api/v1/openapi.json', {}, null)).text) as OpenApi
  }

  /** Asks, and throws when the answer is our fault or a refusal changed something. */
  async judge(request: FuzzRequest): Promise<void> {
    const secret = this.#secrets[request.asker]
    const headers = { ...request.headers, ...(secret === null ? {} : { authorization: `Bearer ${secret}` }) }
    const answer = await this.#ask(request.method, request.path, headers, request.body)
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1)
    if (answer.status >= 500) throw new Error(`${answer.status}: ${answer.text.slice(0, 500)}`)
    if (!this.#controller.isRunning) throw new Error(`the server died: ${this.#controller.log.slice(-2000)}`)
    if (request.method === 'GET') return
    const before = this.#state
    this.#state = await this.#read()
    const mayChange = answer.status < 400 && !/[?&]dryRun=true/.test(request.path)
    if (!mayChange && this.#state !== before) throw new Error(`${answer.status}, and something was changed: ${before}\n -> ${this.#state}`)
  }

  async close(): Promise<void> {
    await dismiss(this.#controller, this.#group)
    await this.#controller.remove()
  }

  /** The spec, the users and the tokens, as an admin reads them. */
  async #read(): Promise<string> {
    const headers = { authorization: `Bearer ${this.#admin}` }
    const read = async (path: string): Promise<string> => {
      const { status, text } = await this.#ask('GET', `/api/v1/${path}`, headers, null)
      if (status !== 200) throw new Error(`the judge cannot read ${path}: ${status} ${text}`)
      return text
    }
    return (await Promise.all(['spec', 'users', 'tokens'].map(read))).join('\n')
  }

  /** A stream's beginning is its answer. Who is asked to wait waits: that is no answer to what was asked. */
  async #ask(method: string, path: string, headers: Readonly<Record<string, string>>, body: string | null): Promise<Answer> {
    for (;;) {
      const stop = new AbortController()
      const timer = setTimeout(() => stop.abort(), answerLimitMs)
      try {
        const response = await fetch(this.#controller.url + path, { method, headers, body, signal: stop.signal })
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
        const text = isStream ? '' : await response.text()
        if (isStream) stop.abort()
        if (response.status !== 429 || path.startsWith('/api/v1/login') || /unknown tokens|logins/.test(text))
          return { status: response.status, text }
        await pass(1000)
      } finally {
        clearTimeout(timer)
      }
    }
  }
}
