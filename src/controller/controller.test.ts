import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryStore } from '../../test/memoryStore.ts'
import { epochStart, lists, readingOf, specOf } from '../../test/situations.ts'
import type { Action } from '../core/action.ts'
import type { GroupRecord, GroupSpec } from '../core/model.ts'
import type { UserError } from '../errors.ts'
import type { Alarm, Input, WorldEffect } from '../ports.ts'
import { Controller } from './controller.ts'
import { copyKey } from './restoredStore.ts'
import type { ApplyRequest, ControllerEvent } from './facade.ts'

/** `a` is a primary that `b` follows, whatever they are told. Time moves when `settle` lets it. */
class Bench {
  readonly store = new MemoryStore()
  readonly effects: { readonly effect: WorldEffect; ends: number }[] = []
  readonly kept: string[][] = []
  readonly events: ControllerEvent[] = []
  now = 0
  /** When a node that is given back answers. */
  released: Promise<void> = Promise.resolve()
  #rings = new Map<string, { at: number; ring: (lateMs: number) => void }>()
  #guard = 0
  #ids = 0

  open(): Promise<Controller> {
    return Controller.open({
      store: this.store,
      clock: { now: () => this.now, wall: () => epochStart + this.now },
      dice: { next: () => 0.5, id: () => `id${++this.#ids}` },
      alarm: this.#alarm,
      defaults: { bootFence: false },
      credentials: new Set(['known']),
      doctor: { everyMs: 600_000, ignore: new Set(), controllerHosts: new Set() },
      log: () => {},
      world: {
        run: (effect, post) => {
          const run = { effect, ends: 0 }
          this.effects.push(run)
          void this.#answer(effect).then((input) => {
            run.ends++
            post(input)
          })
        },
        inspect: () => {},
        keep: (targets) => void this.kept.push(targets.map((target) => `${target.group}/${target.node}`)),
      },
    })
  }

  readonly #alarm: Alarm = {
    set: (name, at, ring) => void this.#rings.set(name, { at, ring }),
    clear: (name) => void this.#rings.delete(name),
  }

  async #answer(effect: WorldEffect): Promise<Input> {
    switch (effect.kind) {
      case 'probe': {
        const { node } = effect.target
        const says = node === 'a' ? { lists: [lists('b')], guard: this.#guard } : {}
        return { kind: 'probed', node, sentAt: this.now, result: { ok: true, reading: readingOf(node, 'a', { ...says, mark: null }) } }
      }
      case 'act':
        if (effect.action.name === 'open') this.#guard = effect.action.guard
        if (effect.action.name === 'release') await this.released
        return {
          kind: 'acted',
          id: effect.id,
          node: effect.target.node,
          sentAt: this.now,
          result: { ok: true, persisted: true, note: null },
        }
      case 'save': {
        const key = `record/${effect.entry.group}`
        const result = await this.store.commit([{ key, expected: effect.expected, value: effect.record }], [effect.entry])
        return { kind: 'saved', id: effect.id, result }
      }
      case 'note':
        await this.store.commit([], [effect.entry])
        return { kind: 'noted' }
      case 'load':
        return { kind: 'loaded', stored: await this.store.get(`record/${effect.group}`) }
    }
  }

  /** Lets everything end that is under way, and `ms` pass. */
  async settle(ms = 3_000): Promise<void> {
    const end = this.now + ms
    for (;;) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      const [next] = [...this.#rings].toSorted(([, x], [, y]) => x.at - y.at)
      if (next === undefined || next[1].at > end) break
      this.now = Math.max(this.now + 1, next[1].at)
      this.#rings.delete(next[0])
      next[1].ring(0)
    }
    this.now = end
  }

  told(name: Action['name']): number {
    return this.effects.filter(({ effect }) => effect.kind === 'act' && effect.action.name === name).length
  }
}

const spec = (id: string, change: Partial<GroupSpec> = {}): GroupSpec => ({
  id,
  engine: 'redis',
  nodes: [specOf('a'), specOf('b')],
  credential: null,
  tls: false,
  policy: {},
  pause: null,
  ...change,
})

const request = (put: readonly GroupSpec[], change: Partial<ApplyRequest> = {}): ApplyRequest => ({
  put,
  remove: [],
  by: 'anna',
  why: 'test',
  dryRun: false,
  ifRevision: null,
  ...change,
})

async function running(): Promise<{ bench: Bench; controller: Controller }> {
  const bench = new Bench()
  const controller = await bench.open()
  controller.begin()
  await controller.apply(request([spec('g')]))
  await bench.settle()
  return { bench, controller }
}

void describe('groups', () => {
  test('a group is applied -> adopted, healthy, told to clients; each effect ended once', async () => {
    const { bench, controller } = await running()
    assert.deepEqual([controller.status('g').state, controller.status('g').inSync], ['healthy', ['a', 'b']])
    assert.deepEqual(controller.glances(), [{ group: 'g', known: true, nodes: 2, heard: 2 }])
    const shown = controller.status('g').nodes.map(({ id, lagBytes, opsPerSec, usedMemoryBytes, probeMs }) => {
      return { id, lagBytes, opsPerSec, usedMemoryBytes, probeMs }
    })
    assert.deepEqual(controller.figures('g'), shown)
    assert.deepEqual([shown[1]?.id, shown[1]?.lagBytes], ['b', 0])
    assert.throws(() => controller.figures('nope'), { code: 'UNKNOWN_GROUP' })
    assert.deepEqual([controller.topology('g')?.primary?.node, controller.topology('g')?.epoch], ['a', 1])
    assert.ok(bench.effects.length > 20)
    assert.deepEqual(
      bench.effects.filter(({ ends }) => ends !== 1),
      [],
    )
    assert.deepEqual([...new Set(bench.effects.map(({ effect }) => effect.kind))].toSorted(), ['act', 'load', 'note', 'probe', 'save'])
    controller.close()
  })

  test('a second process on the same store -> the same installation, the same record, no new epoch', async () => {
    const { bench, controller } = await running()
    controller.close()
    const again = await bench.open()
    again.begin()
    await bench.settle()
    assert.equal(again.installation, controller.installation)
    assert.deepEqual([again.spec().revision, again.status('g').epoch, again.status('g').state], [1, 1, 'healthy'])
    again.close()
  })

  test('a store that is a copy -> nobody is told to clients until every node was heard, then a new epoch; the next start is an ordinary one', async () => {
    const { bench, controller } = await running()
    controller.close()
    await bench.store.commit([{ key: copyKey, expected: 0, value: { at: epochStart } }], [])
    const again = await bench.open()
    assert.equal(bench.store.values.get(copyKey), undefined)
    const record = bench.store.values.get('record/g')?.value as GroupRecord
    assert.deepEqual([record.phase, record.primary, record.inSync, record.incarnation], ['restored', 'a', [], ''])
    again.begin()
    await bench.settle()
    assert.deepEqual([again.status('g').epoch, again.status('g').state, again.status('g').inSync], [2, 'healthy', ['a', 'b']])
    const rules = (await again.history('g', 50)).map(({ rule }) => rule)
    assert.ok(rules.indexOf('store.restored') > rules.indexOf('restored.adopt'), rules.join(' '))
    again.close()
    const third = await bench.open()
    third.begin()
    await bench.settle()
    assert.equal(third.status('g').epoch, 2)
    third.close()
  })

  test('closed -> late ends change nothing, no node is kept', async () => {
    const { bench, controller } = await running()
    controller.close()
    const before = bench.effects.length
    await bench.settle()
    assert.equal(bench.effects.length, before)
    assert.deepEqual(bench.kept.at(-1), [])
  })

  test('no such group -> UNKNOWN_GROUP everywhere', async () => {
    const { controller } = await running()
    const unknown = { code: 'UNKNOWN_GROUP', message: 'there is no group "z"' }
    assert.throws(() => controller.status('z'), unknown)
    assert.throws(() => controller.topology('z'), unknown)
    await assert.rejects(controller.history('z', 1), unknown)
    await assert.rejects(controller.command('z', { name: 'switchover', to: null, by: 'x', dryRun: true }), unknown)
    await assert.rejects(controller.apply(request([], { remove: ['z'] })), unknown)
    controller.close()
  })
})

void describe('an order', () => {
  test('its group is removed before it is stored -> refused, and nobody waits', async () => {
    const { bench, controller } = await running()
    const commit = bench.store.commit.bind(bench.store)
    bench.store.commit = (changes, entries) => (changes[0]?.key === 'record/g' ? new Promise(() => {}) : commit(changes, entries))
    const answered = controller.command('g', { name: 'switchover', to: 'b', by: 'anna', dryRun: false })
    const removed = controller.apply(request([], { remove: ['g'] }))
    const answer = await answered
    assert.deepEqual([answer.ok, answer.ok || answer.code, answer.said.code], [false, 'NOT_NOW', 'command.noGroup'])
    await bench.settle()
    await removed
    controller.close()
  })
})

void describe('a command that is only asked about', () => {
  test('a switchover, a failover -> what would happen in order and what would be lost; nothing does', async () => {
    const { bench, controller } = await running()
    const ask = async (name: 'switchover' | 'failover') => {
      const answer = await controller.command('g', { name, to: 'b', by: 'anna', dryRun: true })
      return answer.ok ? answer : assert.fail(answer.sentence)
    }
    const planned = await ask('switchover')
    assert.deepEqual(
      [planned.loss, planned.steps],
      [
        null,
        [
          'writes to a wait until b has everything; after 3000 ms it is given up and a stays',
          'a becomes a replica of b',
          'b is promoted at epoch 2, takes writes, and clients are told',
        ],
      ],
    )
    const forced = await ask('failover')
    assert.match(forced.steps.join('. '), /every other node that answers is closed to writes.*a follows b$/)
    await bench.settle(2_000)
    assert.equal(controller.status('g').epoch, 1)
    controller.close()
  })
})

void describe('the spec', () => {
  test('a dry run -> says what would change, changes nothing', async () => {
    const { bench, controller } = await running()
    const result = await controller.apply(request([spec('h', { nodes: [specOf('c')] })], { dryRun: true }))
    assert.deepEqual([result.revision, result.dryRun, result.changes[0]?.group], [1, true, 'h'])
    assert.deepEqual([controller.spec().revision, controller.spec().groups.length, bench.store.values.has('spec/group/h')], [1, 1, false])
    controller.close()
  })

  test('nothing changed -> no new revision', async () => {
    const { controller } = await running()
    assert.deepEqual([(await controller.apply(request([spec('g')]))).revision, controller.spec().revision], [1, 1])
    controller.close()
  })

  test('another revision than the one expected, or two at once -> REVISION_CONFLICT, one is written', async () => {
    const { controller } = await running()
    await assert.rejects(controller.apply(request([spec('h', { nodes: [specOf('c')] })], { ifRevision: 7 })), { code: 'REVISION_CONFLICT' })
    const both = await Promise.allSettled([
      controller.apply(request([spec('h', { nodes: [specOf('c')] })])),
      controller.apply(request([spec('i', { nodes: [specOf('d')] })])),
    ])
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    assert.equal(controller.spec().revision, 2)
    controller.close()
  })

  test('the primary, an engine or a credential that cannot be -> refused, nothing is written', async () => {
    const { controller } = await running()
    await assert.rejects(controller.apply(request([spec('g', { nodes: [specOf('b'), specOf('c')] })])), { code: 'NODE_IS_PRIMARY' })
    await assert.rejects(controller.apply(request([spec('h', { nodes: [specOf('c')], credential: 'gone' })])), {
      message: /no credential gone/,
      // A single problem is the sentence itself.
      details: [],
    })
    await assert.rejects(controller.apply(request([spec('h', { nodes: [specOf('a')] })])), { code: 'BAD_SPEC' })
    const unknown = { code: 'UNKNOWN_GROUP', details: ['there is no group "y"', 'there is no group "z"'] }
    await assert.rejects(controller.apply(request([], { remove: ['y', 'z'] })), unknown)
    const wrong = spec('g', { nodes: [specOf('b')], credential: 'gone' })
    await assert.rejects(controller.apply(request([wrong], { remove: ['z'] })), ({ code, message, details }: UserError) => {
      assert.deepEqual([code, message, details.length], ['BAD_SPEC', 'the spec has 3 problems', 3])
      for (const [index, told] of [/no credential gone/, /a is the primary/, /no group "z"/].entries())
        assert.match(details[index] ?? '', told)
      return true
    })
    assert.equal(controller.spec().revision, 1)
    controller.close()
  })

  test('its nodes are to be spoken to in another way -> their connections go, and it is met anew from its record', async () => {
    const { bench, controller } = await running()
    bench.kept.length = 0
    await controller.apply(request([spec('g', { tls: true })]))
    assert.deepEqual(bench.kept[0], [])
    assert.equal(controller.status('g').state, 'unknown')
    assert.deepEqual(controller.glances(), [{ group: 'g', known: false, nodes: 2, heard: 0 }])
    await bench.settle()
    assert.deepEqual([controller.status('g').state, controller.topology('g')?.epoch], ['healthy', 1])
    await controller.apply(request([spec('g', { tls: true, nodes: [specOf('a'), specOf('b'), specOf('c')] })]))
    assert.deepEqual(bench.kept.at(-1), ['g/a', 'g/b', 'g/c'])
    controller.close()
  })

  test('a group that was never taken over is removed -> nothing was changed, so nothing is to be mended by hand', async () => {
    const { bench, controller } = await running()
    await controller.apply(request([spec('h', { nodes: [specOf('c')] })]))
    const { changes } = await controller.apply(request([], { remove: ['h'] }))
    assert.equal(bench.told('release'), 0)
    assert.match(changes[0]?.what.join(' ') ?? '', /it was never taken over: nothing was changed on its nodes/)
    controller.close()
  })

  test('a group is removed -> its primary is released, its record goes, its nodes are let go', async () => {
    const { bench, controller } = await running()
    const { changes } = await controller.apply(request([], { remove: ['g'] }))
    assert.equal(bench.told('release'), 1)
    assert.match(changes[0]?.what.join(' ') ?? '', /a has a plain file again/)
    assert.deepEqual([bench.store.values.has('record/g'), bench.store.values.has('spec/group/g'), bench.kept.at(-1)], [false, false, []])
    assert.throws(() => controller.status('g'), { code: 'UNKNOWN_GROUP' })
    const asked = bench.effects.length
    await bench.settle()
    assert.equal(bench.effects.length, asked, 'nobody is asked any more')
    controller.close()
  })

  test('a group is added while the primary of a removed one is being given back -> the connections to both stay', async () => {
    const { bench, controller } = await running()
    const nodes = [specOf('c', { port: 7003 })]
    const answers: (() => void)[] = []
    bench.released = new Promise((resolve) => answers.push(resolve))
    const removal = controller.apply(request([], { remove: ['g'] }))
    await bench.settle(0)
    assert.equal(bench.told('release'), 1)
    await controller.apply(request([spec('h', { nodes })]))
    assert.deepEqual(bench.kept.at(-1), ['h/c', 'g/a', 'g/b'], 'it is still told')
    for (const answer of answers) answer()
    await removal
    assert.deepEqual(bench.kept.at(-1), ['h/c'])
    controller.close()
  })
})

void describe('many groups', () => {
  test('a hundred begin at once -> a few at a time, in their order, and in the end all of them; a removed one never', async () => {
    const bench = new Bench()
    const controller = await bench.open()
    controller.begin()
    const begun = (): string[] => bench.effects.flatMap(({ effect }) => (effect.kind === 'load' ? [effect.group] : []))
    const names = Array.from({ length: 100 }, (_, index) => `g${index}`)
    await controller.apply(request(names.map((id, index) => spec(id, { nodes: [specOf('a', { port: 7000 + index })] }))))
    assert.deepEqual(begun(), names.slice(0, 10))
    await controller.apply(request([], { remove: ['g99'] }))
    await bench.settle(1_000)
    assert.deepEqual(begun(), names.slice(0, 99))
    controller.close()
  })
})

void describe('what is told', () => {
  test('somebody listens -> revisions, statuses that differ, each log entry once', async () => {
    const { bench, controller } = await running()
    const stop = controller.subscribe((event) => bench.events.push(event))
    await controller.command('g', { name: 'switchover', to: 'b', by: 'anna', dryRun: false })
    await controller.apply(request([spec('h', { nodes: [specOf('c')] })]))
    await bench.settle(5_000)
    assert.ok(bench.events.some((event) => event.kind === 'spec' && event.revision === 2))
    assert.ok(bench.events.some((event) => event.kind === 'status' && event.status.phase === 'switchover'))
    const logged = bench.events.flatMap((event) => (event.kind === 'log' ? [event.entry.seq] : []))
    assert.ok(logged.length > 0)
    assert.deepEqual(logged, [...new Set(logged)], 'no entry twice')
    stop()
    const heard = bench.events.length
    await controller.apply(request([spec('h', { nodes: [specOf('c'), specOf('d')] })]))
    assert.equal(bench.events.length, heard)
    controller.close()
  })

  test('somebody listens again after a while -> each entry since then, none from before', async () => {
    const { bench, controller } = await running()
    controller.subscribe(() => undefined)()
    await controller.command('g', { name: 'switchover', to: 'b', by: 'anna', dryRun: false })
    await bench.settle(5_000)
    await bench.settle(1)
    const before = (await controller.history('g', 100))[0]?.seq ?? 0
    assert.ok(before > 0)
    controller.subscribe((event) => bench.events.push(event), ['log'])
    await controller.command('g', { name: 'switchover', to: 'a', by: 'anna', dryRun: false })
    await bench.settle(5_000)
    const logged = bench.events.flatMap((event) => (event.kind === 'log' ? [event.entry.seq] : []))
    const stored = (await controller.history('g', 100)).map((entry) => entry.seq).filter((seq) => seq > before)
    assert.deepEqual(logged, stored.toReversed())
    controller.close()
  })

  test('the history -> newest first', async () => {
    const { controller } = await running()
    const entries = await controller.history('g', 100)
    assert.equal(entries.at(-1)?.rule, 'new.adopt')
    assert.deepEqual(
      entries.map((entry) => entry.seq),
      entries.map((entry) => entry.seq).toSorted((x, y) => y - x),
    )
    // The record that is decided, beside what is seen at that moment.
    const { moment } = entries.at(-1) ?? {}
    assert.deepEqual([moment?.phase, moment?.primary, moment?.inSync], ['steady', 'a', ['a']])
    assert.deepEqual(moment?.nodes['b'], { role: 'replica', health: 'up', linkUp: true })
    controller.close()
  })
})
