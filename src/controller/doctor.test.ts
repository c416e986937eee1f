import assert from 'node:assert/strict'
import { test } from 'node:test'
import { epochStart, readingOf, specOf } from '../../test/situations.ts'
import type { Inspected } from '../core/doctor/inspection.ts'
import { redis } from '../engines/redis.ts'
import type { Alarm, NodeTarget, World } from '../ports.ts'
import { Doctor } from './doctor.ts'
import { Group } from './group.ts'

const everyMs = 600_000

/** Groups whose nodes `a` and `b` answer and whose node `c` refuses. Nothing happens but what the test lets happen. */
class Clinic {
  now = 0
  readonly groups = new Map<string, Group>()
  readonly changed: string[] = []
  readonly asked: { readonly target: NodeTarget; readonly at: number }[] = []
  /** Questions that wait for their answers, oldest first. */
  readonly open: { readonly group: string; readonly at: number; readonly answer: () => void }[] = []
  /** Groups that were under examination at the same time, at most. */
  most = 0
  readonly doctor: Doctor
  #ring: { readonly at: number; readonly ring: (lateMs: number) => void } | null = null

  constructor(count: number, lookEveryMs = everyMs) {
    for (let index = 0; index < count; index++) this.add(`g${index}`)
    const alarm: Alarm = {
      set: (_name, at, ring) => void (this.#ring = { at, ring }),
      clear: () => void (this.#ring = null),
    }
    const clock = { now: () => this.now, wall: () => epochStart + this.now }
    const world: World = { run: () => {}, keep: () => {}, inspect: (target, _ms, done) => this.#inspect(target, done) }
    const settings = { everyMs: lookEveryMs, ignore: new Set<string>(), controllerHosts: new Set<string>() }
    this.doctor = new Doctor(settings, { groups: this.groups, world, clock, alarm, changed: (id) => void this.changed.push(id) })
    this.doctor.rounds()
  }

  add(id: string): void {
    const time = { now: this.now, wall: epochStart + this.now }
    const spec = {
      id,
      engine: 'redis',
      nodes: [specOf('a'), specOf('b'), specOf('c')],
      credential: null,
      tls: false,
      policy: {},
      pause: null,
    } as const
    const group = new Group({ spec, specRevision: 1, can: redis, installation: 'i', writer: 'w' }, time)
    group.step({ kind: 'loaded', stored: null }, time)
    for (const node of ['a', 'b']) {
      group.step({ kind: 'probed', node, sentAt: this.now, result: { ok: true, reading: readingOf(node, 'a', {}) } }, time)
    }
    group.step({ kind: 'probed', node: 'c', sentAt: this.now, result: { ok: false, failure: { kind: 'refused' } } }, time)
    this.groups.set(id, group)
  }

  #inspect(target: NodeTarget, done: (inspected: Inspected, user: string) => void): void {
    const inspection = { forbidden: [], missing: [], facts: null }
    const answer = (): void => done({ ok: true, inspection, askedAt: 0, answeredAt: 0 }, 'default')
    this.asked.push({ target, at: this.now })
    this.open.push({ group: target.group, at: this.now, answer })
    this.most = Math.max(this.most, new Set(this.open.map(({ group }) => group)).size)
  }

  /** Lets time pass; each question is answered 100 ms after it was asked. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [oldest] = this.open
      const answerAt = oldest === undefined ? Infinity : oldest.at + 100
      const at = Math.min(this.#ring?.at ?? Infinity, answerAt)
      if (at > end) break
      this.now = Math.max(this.now, at)
      if (oldest !== undefined && answerAt === at) {
        this.open.shift()
        oldest.answer()
        continue
      }
      const ring = this.#ring
      this.#ring = null
      ring?.ring(0)
    }
    this.now = end
  }

  begins(): number[] {
    return this.asked.filter(({ target }) => target.node === 'a').map(({ at }) => at)
  }
}

test('a hundred groups that begin together -> one after the other, then spread over the interval', () => {
  const clinic = new Clinic(100)
  clinic.pass(9_999)
  assert.equal(clinic.asked.length, 0, 'a new group settles first')
  clinic.pass(40_000)
  const begins = clinic.begins()
  assert.deepEqual([begins.length, clinic.most], [100, 1])
  assert.ok(begins.every((at, index) => index === 0 || at - (begins[index - 1] ?? 0) >= 300))
  assert.deepEqual([...new Set(clinic.asked.map(({ target }) => target.node))], ['a', 'b'], 'who refuses is not asked')
  const next = [...clinic.groups.keys()].map((id) => (clinic.doctor.checkup(id).nextAt ?? 0) - epochStart)
  assert.ok(next.every((at) => at > everyMs / 2 && at <= 50_000 + everyMs))
  assert.ok(Math.max(...next) - Math.min(...next) > everyMs / 4, 'they do not stay together')
  clinic.pass(everyMs)
  assert.equal(clinic.begins().length, 200, 'each once more')
})

test('too many groups for a third of a second each -> all are looked at within half of the interval', () => {
  const clinic = new Clinic(100, 30_000)
  clinic.pass(10_000 + 15_000)
  const begins = clinic.begins()
  assert.equal(begins.length, 100)
  assert.ok(begins.every((at, index) => index === 0 || at - (begins[index - 1] ?? 0) >= 150))
})

test('a user whom closing a node does not stop -> named with the way out, on whatever server', async () => {
  const clinic = new Clinic(1)
  const reading = { ...readingOf('b', 'a', {}), unclosable: ['sel'] }
  clinic.groups.get('g0')?.step({ kind: 'probed', node: 'b', sentAt: 1, result: { ok: true, reading } }, { now: 2, wall: epochStart + 2 })
  const looked = clinic.doctor.look(['g0'])
  clinic.pass(1_000)
  await looked
  const [finding] = clinic.doctor.checkup('g0').findings.filter(({ id }) => id === 'rights.selectors')
  assert.equal(finding?.node, 'b')
  assert.match(finding.sentence, /cannot be closed to sel/)
  assert.match(finding.commands[0] ?? '', /ACL GETUSER sel$/)
})

test('somebody waits for a hundred groups -> a few at a time, not two at once', async () => {
  const clinic = new Clinic(100)
  const looked = clinic.doctor.look(clinic.groups.keys())
  clinic.pass(4_000)
  await looked
  const begins = clinic.begins()
  assert.deepEqual([begins.length, clinic.most], [100, 4])
  assert.ok(begins.every((at, index) => index === 0 || at - (begins[index - 1] ?? 0) >= 20))
})

test('a look is asked for -> made at once, told when it is over; asked for in the middle of one -> one more', async () => {
  const clinic = new Clinic(2)
  let ended = 0
  const first = clinic.doctor.look(['g1']).then(() => ended++)
  clinic.pass(50)
  assert.deepEqual(clinic.begins(), [0])
  const second = clinic.doctor.look(['g1']).then(() => ended++)
  clinic.pass(60)
  await Promise.resolve()
  assert.equal(ended, 0, 'what was begun before it was asked for tells nothing about now')
  clinic.pass(200)
  await Promise.all([first, second])
  assert.deepEqual([ended, clinic.changed], [2, ['g1', 'g1']])
  assert.deepEqual(
    clinic.doctor.checkup('g1').unexamined.map(({ node, whySaid }) => [node, whySaid.code]),
    [
      ['a', 'unexamined.denied'],
      ['b', 'unexamined.denied'],
      ['c', 'unexamined.mute'],
    ],
  )
  assert.equal(clinic.doctor.checkup('g0').at, null)
})

test('another look is asked for at once -> what groups share is seen anew', async () => {
  const clinic = new Clinic(2)
  const shared = async (): Promise<boolean> => {
    const looked = clinic.doctor.look(['g0'])
    clinic.pass(200)
    await looked
    return clinic.doctor.checkup('g0').findings.some(({ id }) => id === 'address.twice')
  }
  assert.ok(await shared(), 'the nodes of both groups are the same processes')
  for (const node of ['a', 'b']) {
    const reading = { ...readingOf(node, 'a', {}), incarnation: `another ${node}` }
    const time = { now: clinic.now, wall: epochStart + clinic.now }
    clinic.groups.get('g1')?.step({ kind: 'probed', node, sentAt: clinic.now, result: { ok: true, reading } }, time)
  }
  assert.equal(await shared(), false)
})

test('something changed -> looked at soon instead of at the end of the interval; the group is gone -> forgotten, nobody is left waiting', async () => {
  const clinic = new Clinic(1)
  clinic.pass(11_000)
  const begun = clinic.begins().length
  clinic.doctor.soon('g0')
  clinic.pass(10_500)
  assert.equal(clinic.begins().length, begun + 1)
  const looked = clinic.doctor.look(['g0', 'nope'])
  clinic.groups.delete('g0')
  clinic.doctor.rounds()
  clinic.pass(1_000)
  await looked
  assert.deepEqual(clinic.doctor.report().groups, [])
})

test('the controller closes -> nobody is left waiting', async () => {
  const clinic = new Clinic(1)
  const looked = clinic.doctor.look(['g0'])
  clinic.doctor.close()
  await looked
  await clinic.doctor.look(['g0'])
  clinic.pass(everyMs)
  assert.deepEqual(clinic.asked, [])
})
