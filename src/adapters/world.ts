// Carries the effects of every group out: questions and actions to nodes, records and notes to the store. Decides nothing.
import type { Inspected } from '../core/doctor/inspection.ts'
import type { Action, ActionResult } from '../core/action.ts'
import type { GroupId, GroupRecord, GroupSpec, Instant, ProbeResult } from '../core/model.ts'
import { assert } from '../core/model.ts'
import type { Passage } from '../core/status.ts'
import { passageKey, recordKey } from '../controller/specStore.ts'
import type { Engine, Script } from '../engines/engine.ts'
import type { Change, Clock, Input, NodeTarget, SaveResult, Store, World, WorldEffect } from '../ports.ts'
import type { Credential, TlsOptions } from './connection.ts'
import { inspectNode } from './inspect.ts'
import { NodeLink } from './nodeLink.ts'
import { type Outcome, describeFailure } from './outcome.ts'
import type { Room } from './room.ts'
import { sharedWith } from './share.ts'

type Post = (input: Input) => void
type Of<Kind extends WorldEffect['kind']> = Extract<WorldEffect, { kind: Kind }>

/** How a group's nodes are spoken to. */
export interface GroupAccess {
  readonly engine: Engine
  /** In the order in which they are tried; none: it is spoken to without. */
  readonly credentials: readonly Credential[]
  readonly tls: TlsOptions | null
}

export interface WorldOptions {
  readonly store: Store
  readonly clock: Clock
  /** Names the connections that may change roles: `regroup:<installation>:<process>`. */
  readonly connectionName: () => string
  /** Where the connections to all nodes are counted. Not given: nowhere. */
  readonly room?: Room
  readonly access: (group: GroupSpec['id']) => GroupAccess
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void
  /** Told of what a person must mend. */
  readonly trouble: (event: string, facts: Readonly<Record<string, unknown>>) => void
}

interface Linked {
  readonly link: NodeLink
  readonly engine: Engine
  post: Post
  /** How its last question ended that gave a reading. */
  last: ProbeResult | null
}

/** A store that does not answer is asked again after this. */
const loadAgainMs = 500

export function createWorld(options: WorldOptions): World {
  return new RealWorld(options)
}

class RealWorld implements World {
  readonly #options: WorldOptions
  readonly #links = new Map<GroupId, Map<string, Linked>>()
  /** The same, found without a text for each question. A group names another target when its spec changes. */
  readonly #met = new WeakMap<NodeTarget, Linked>()
  /** A probe with what is asked for people only, of each engine. */
  readonly #questions = new Map<Engine, Script['commands']>()
  #isFailing = false

  constructor(options: WorldOptions) {
    this.#options = options
  }

  run(effect: WorldEffect, post: Post): void {
    switch (effect.kind) {
      case 'probe':
        return this.#probe(effect, post)
      case 'act':
        return effect.action.name === 'mark' ? this.#mark(effect, post) : void this.#act(effect, post)
      case 'save':
        return void this.#save(effect, post)
      case 'note':
        return void this.#note(effect, post)
      case 'load':
        return void this.#load(effect, post)
    }
  }

  keep(targets: readonly NodeTarget[]): void {
    const kept = new Map<GroupId, Set<string>>()
    for (const target of targets) kept.set(target.group, (kept.get(target.group) ?? new Set()).add(keyOf(target)))
    for (const [group, links] of this.#links) {
      for (const [key, { link }] of links) {
        if (kept.get(group)?.has(key) === true) continue
        link.close()
        links.delete(key)
      }
      if (links.size === 0) this.#links.delete(group)
    }
  }

  inspect(target: NodeTarget, timeoutMs: number, done: (inspected: Inspected, user: string) => void): void {
    void this.#inspect(target, timeoutMs, done)
  }

  async #inspect(target: NodeTarget, timeoutMs: number, done: (inspected: Inspected, user: string) => void): Promise<void> {
    const { engine, credentials, tls } = this.#options.access(target.group)
    const credential = this.#links.get(target.group)?.get(keyOf(target))?.link.credential ?? credentials[0] ?? null
    const { inspector } = engine
    assert(inspector !== null, `the doctor knows that ${engine.name} cannot be inspected`)
    const { clock } = this.#options
    done(
      await inspectNode({ address: target.address, tls, credential, defaultUser: engine.defaultUser, inspector, clock, timeoutMs }),
      credential?.username ?? 'default',
    )
  }

  #linked(target: NodeTarget, post: Post): Linked {
    let linked = this.#met.get(target)
    if (linked === undefined) {
      linked = this.#link(target, post)
      this.#met.set(target, linked)
    }
    linked.post = post
    return linked
  }

  #link(target: NodeTarget, post: Post): Linked {
    const key = keyOf(target)
    const links = this.#links.get(target.group) ?? new Map<string, Linked>()
    const known = links.get(key)
    const { tls, engine } = this.#options.access(target.group)
    if (known?.engine === engine) return known
    // Removed, and back with another engine while its nodes are still being released: what is said to them now is in other words.
    known?.link.close()
    const linked: Linked = {
      post,
      engine,
      last: null,
      link: new NodeLink({
        address: target.address,
        credentials: () => this.#options.access(target.group).credentials,
        defaultUser: engine.defaultUser,
        tls,
        name: this.#options.connectionName(),
        clock: this.#options.clock,
        ...(this.#options.room === undefined ? {} : { room: this.#options.room }),
        onDisconnected: () => {
          this.#ready(target.group)
          linked.post({ kind: 'disconnected', node: target.node })
        },
      }),
    }
    this.#links.set(target.group, links.set(key, linked))
    return linked
  }

  /** Its nodes will be told something soon: while that is decided and saved the connections for it are made. */
  #ready(group: GroupId): void {
    for (const { link } of this.#links.get(group)?.values() ?? []) if (link.isWarm) link.prepare('act')
  }

  #probe({ target, timeoutMs, withLoad }: Of<'probe'>, post: Post): void {
    const linked = this.#linked(target, post)
    const { link, engine } = linked
    link.probe(withLoad ? this.#withLoad(engine) : engine.probe, timeoutMs, (outcome) => {
      if (!outcome.ok) this.#ready(target.group)
      const result = outcome.ok
        ? sharedWith(linked.last, engine.readProbe(outcome.replies))
        : ({ ok: false, failure: outcome.failure } as const)
      if (result.ok) linked.last = result
      // A mark must not wait for a probe that proves its connection.
      if (result.ok && result.reading.role === 'primary') link.prepare('mark')
      post({ kind: 'probed', node: target.node, sentAt: outcome.sentAt, result })
    })
  }

  #withLoad(engine: Engine): Script['commands'] {
    let commands = this.#questions.get(engine)
    if (commands === undefined) {
      commands = [...engine.probe, ...engine.load]
      this.#questions.set(engine, commands)
    }
    return commands
  }

  /** A mark says whose data a node holds: it must not reach a process that took the place of the one that was read. */
  #mark({ id, target, action, timeoutMs }: Of<'act'>, post: Post): void {
    const { link, engine } = this.#linked(target, post)
    link.runProven(engine.script(action), timeoutMs, (outcome) =>
      post({ kind: 'acted', id, node: target.node, sentAt: outcome.sentAt, result: resultOf(engine, action, outcome) }),
    )
  }

  async #act(effect: Of<'act'>, post: Post): Promise<void> {
    const { target, action, id, queued, epoch } = effect
    const { link, engine } = this.#linked(target, post)
    const acted = (sentAt: Instant, result: ActionResult): void => {
      const told = result.ok ? { ok: true, note: result.note } : { ok: false, code: result.code, reason: result.message }
      this.#options.log('node.told', { group: target.group, node: target.node, action: action.name, epoch, queued, ...told })
      post({ kind: 'acted', id, node: target.node, sentAt, result })
    }
    if (queued) {
      const sentAt = this.#options.clock.now()
      const done = link.queue(engine.script(action))
      // An effect ends later, never inside `run`.
      await Promise.resolve()
      return acted(
        sentAt,
        done
          ? { ok: true, persisted: true, note: 'waits in its sockets' }
          : { ok: false, code: 'NOT_QUEUED', message: 'no connection from before its silence' },
      )
    }
    const first = await link.run('act', engine.script(action), effect.timeoutMs)
    const more = first.ok ? engine.followUp(action, first.replies, this.#options.connectionName()) : null
    acted(first.sentAt, resultOf(engine, action, more === null ? first : await link.run('act', more, effect.timeoutMs)))
  }

  async #note({ entry, passage }: Of<'note'>, post: Post): Promise<void> {
    try {
      const changes = passage === undefined ? [] : [await this.#kept(entry.group, passage)]
      this.#stored(await this.#options.store.commit(changes, [entry]))
    } catch (error) {
      this.#failing(error instanceof Error ? error.message : String(error))
    }
    post({ kind: 'noted' })
  }

  /** In the place of the one before it. */
  async #kept(group: GroupId, passage: Passage): Promise<Change> {
    const key = passageKey(group)
    return { key, expected: (await this.#options.store.get(key))?.version ?? 0, value: passage }
  }

  async #save({ id, expected, record, entry }: Of<'save'>, post: Post): Promise<void> {
    this.#ready(entry.group)
    const result = await this.#options.store.commit([{ key: recordKey(entry.group), expected, value: record }], [entry])
    this.#stored(result)
    if (!result.ok && result.reason === 'conflict') this.#options.log('record.conflict', { group: entry.group, message: result.message })
    post({ kind: 'saved', id, result })
  }

  /** Told once when the store begins to fail, and once when it works again: a thousand groups meet the same full disk. */
  #stored(result: SaveResult): void {
    if (!result.ok && result.reason === 'unknown') return this.#failing(result.message)
    if (this.#isFailing) this.#options.log('store.works', {})
    this.#isFailing = false
  }

  #failing(message: string): void {
    if (!this.#isFailing) this.#options.trouble('store.failing', { message, meanwhile: 'nothing is decided; what is recorded goes on' })
    this.#isFailing = true
  }

  /** Reads until it can: without the record nothing may be decided. */
  async #load(effect: Of<'load'>, post: Post): Promise<void> {
    for (;;) {
      try {
        const { store } = this.#options
        const stored = await store.get<GroupRecord>(recordKey(effect.group))
        const passage = await store.get<Passage>(passageKey(effect.group))
        return post({ kind: 'loaded', stored, passage: passage?.value ?? null })
      } catch (error) {
        this.#failing(error instanceof Error ? error.message : String(error))
        await new Promise((resolve) => setTimeout(resolve, loadAgainMs))
      }
    }
  }
}

function resultOf(engine: Engine, action: Action, outcome: Outcome): ActionResult {
  return outcome.ok ? engine.readActed(action, outcome.replies) : { ok: false, ...describeFailure(outcome.failure) }
}

function keyOf(target: NodeTarget): string {
  return `${target.node}/${target.address.host}:${target.address.port}`
}
