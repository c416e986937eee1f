// The processes with the doubles, as the proof sees them.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { GroupInput } from '../harness/api.ts'
import { atExit } from '../harness/cleanup.ts'
import type { GroupPlan, Order, Told } from './messages.ts'

const entry = fileURLToPath(new URL('doubles.ts', import.meta.url))
const setpriv = '/usr/bin/setpriv'
/** Ten descriptors for each group, and a process commonly has 20,000. */
const groupsEach = 1_500
const limitMs = 120_000

export interface Healed {
  readonly group: string
  readonly ms: number
}

interface Member {
  readonly child: ChildProcess
  readonly groups: readonly GroupPlan[]
}

export class Fleet {
  readonly groups: readonly GroupPlan[]
  readonly processes: number
  readonly #port: number
  readonly #members: readonly Member[]
  readonly #forget: () => void

  private constructor(groups: readonly GroupPlan[], port: number, dir: string) {
    this.groups = groups
    this.#port = port
    this.processes = Math.ceil(groups.length / groupsEach)
    const [file, ...args] = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', process.execPath] : [process.execPath]
    this.#members = Array.from({ length: this.processes }, (_, index) => ({
      child: spawn(file ?? '', [...args, entry], { cwd: dir, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
      groups: groups.filter((__, at) => at % this.processes === index),
    }))
    this.#forget = atExit(() => this.#kill())
  }

  /** Groups of one primary and two replicas, each node with an address of its own in 127.`net`.0.0/16. Ends when all replicate. */
  static async start(count: number, net: number, port: number, dir: string): Promise<Fleet> {
    const address = (n: number): string => `127.${net}.${n >> 8}.${n & 255}`
    const plans = Array.from({ length: count }, (_, index) => ({
      id: `g${index}`,
      hosts: [1, 2, 3].map((node) => address(3 * index + node)),
    }))
    const fleet = new Fleet(plans, port, dir)
    await fleet.#each(
      ({ groups }) => ({ kind: 'start', port, groups, writeEveryMs: 500 }),
      (told) => (told.kind === 'ready' ? null : undefined),
    )
    return fleet
  }

  /** As the API takes them. */
  get input(): GroupInput[] {
    return this.groups.map(({ id, hosts }) => ({
      name: id,
      engine: 'redis',
      nodes: hosts.map((host, index) => ({ name: 'abc'.charAt(index), address: `${host}:${this.#port}` })),
    }))
  }

  /** Questions since this was asked before, in slices of 10 ms. */
  async count(): Promise<readonly number[]> {
    const counted = await this.#each(
      () => ({ kind: 'count' }),
      (told) => (told.kind === 'counted' ? told.slices : undefined),
    )
    const longest = Math.max(0, ...counted.map((slices) => slices.length))
    return Array.from({ length: longest }, (_, slice) => counted.reduce((sum, slices) => sum + (slices[slice] ?? 0), 0))
  }

  /** The primaries of these groups vanish; ends when each has another one that takes writes. */
  async vanish(groups: readonly string[]): Promise<readonly Healed[]> {
    const wanted = new Set(groups)
    const healed: Healed[] = []
    await this.#each(
      (member) => ({ kind: 'vanish', groups: member.groups.map(({ id }) => id).filter((id) => wanted.has(id)) }),
      (told, member) => {
        if (told.kind === 'healed') healed.push({ group: told.group, ms: told.ms })
        const missing = member.groups.some(({ id }) => wanted.has(id) && !healed.some(({ group }) => group === id))
        return missing ? undefined : null
      },
    )
    return healed
  }

  stop(): void {
    this.#forget()
    this.#kill()
  }

  #kill(): void {
    for (const { child } of this.#members) child.kill('SIGKILL')
  }

  /** Gives the order to every process and collects from each the first answer that `take` does not leave undefined. */
  async #each<T>(order: (member: Member) => Order, take: (told: Told, member: Member) => T | undefined): Promise<T[]> {
    return await Promise.all(
      this.#members.map(
        (member) =>
          new Promise<T>((resolve, reject) => {
            const { child } = member
            const end = (): void => {
              clearTimeout(late)
              child.off('message', hear).off('exit', died)
            }
            const fail = (message: string): void => {
              end()
              reject(new Error(message))
            }
            const late = setTimeout(() => fail(`the doubles did not do it within ${limitMs} ms`), limitMs)
            const died = (): void => fail('a process with doubles ended')
            const hear = (told: Told): void => {
              if (told.kind === 'failed') return fail(`the doubles: ${told.message}`)
              const taken = take(told, member)
              if (taken === undefined) return
              end()
              resolve(taken)
            }
            child.on('message', hear).once('exit', died)
            child.send(order(member))
          }),
      ),
    )
  }
}
