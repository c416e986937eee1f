import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ack } from '../harness/writers.ts'
import { type Seen, outcomeOf, roamingKey } from './outcome.ts'
import { type Case, plan } from './plan.ts'

const choice = {
  seed: 7,
  engine: 'redis',
  server: null,
  nodes: [2, 3],
  persistences: ['aof'],
  delay: 0,
  stop: 'mixed',
  gaps: 'mixed',
} as const
const one = plan(choice)[0] as Case

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

/** What n1 and n2 hold of the roaming writer after convergence. */
function lists(n1: readonly number[], n2: readonly number[]): Seen['after'] {
  return new Map([
    ['n1', new Map([[roamingKey, n1]])],
    ['n2', new Map([[roamingKey, n2]])],
  ])
}

/** 1 to 50 at 10 to 500 ms by n1, stopped at 1000; 51 to 60 from 2000 on. n2 stopped early and has 30. */
function seen(change: Partial<Seen> = {}): Seen {
  const acks: Ack[] = range(1, 60).map((n) => ({ n, at: n <= 50 ? n * 10 : 2000 + n, node: 'n1' }))
  return {
    case: one,
    stops: [
      { node: 'n2', at: 300 },
      { node: 'n1', at: 505 },
    ],
    allStoppedAt: 1000,
    acks,
    files: new Map([
      ['n1', range(1, 50)],
      ['n2', range(1, 30)],
    ]),
    after: lists(range(1, 60), range(1, 60)),
    winner: 'n1',
    convergedMs: 812.4,
    hold: null,
    opened: null,
    lateness: null,
    notes: [],
    violations: [],
    clung: [],
    discarded: new Set(),
    ...change,
  }
}

function violationsOf(change: Partial<Seen>): string {
  return outcomeOf(seen(change)).violations.join('; ')
}

const hold = { rule: 'wait', sentence: 'waits for n1' }
const notConverged = { after: null, winner: null, convergedMs: null }

test('orders: the best node won and everything is there -> converged, no violation', () => {
  const outcome = outcomeOf(seen())
  assert.deepEqual(outcome.violations, [])
  assert.equal(outcome.end, 'converged')
  assert.equal(outcome.convergedMs, 812)
  assert.deepEqual(outcome.held, { n1: 50, n2: 30 })
})

test('orders: a stale node won and took newer writes -> a violation although its highest number is higher', () => {
  const stale = [...range(1, 30), ...range(51, 60)]
  const after = lists(stale, stale)
  assert.match(violationsOf({ after, winner: 'n2' }), /n2 won without 20 writes that n1 held \(31 \.\. 50\)/)
})

test('orders: writes taken while nodes were started are missing -> a violation', () => {
  const after = lists(range(1, 55), range(1, 55))
  assert.match(violationsOf({ after }), /^5 writes acknowledged by n1 while nodes were started are lost$/)
})

test('orders: a replica holds other data than its primary -> a violation', () => {
  const after = lists(range(1, 60), range(1, 59))
  assert.match(violationsOf({ after }), /^n2 holds other data than its primary n1 in w$/)
})

test('orders: held although a node has everything -> a violation; held when acknowledged data is in no file -> none', () => {
  assert.match(violationsOf({ ...notConverged, hold }), /^held although n1 has all/)
  const rdb = { ...one, persistence: 'rdb' } as const
  const files = new Map([
    ['n1', range(1, 40)],
    ['n2', range(1, 30)],
  ])
  const outcome = outcomeOf(seen({ ...notConverged, hold, files, case: rdb }))
  assert.deepEqual(outcome.violations, [])
  assert.equal(outcome.end, 'held')
  assert.equal(outcome.gone, 10)
})

test('orders: everything is gone and an empty node is opened -> a violation', () => {
  const files = new Map([
    ['n1', []],
    ['n2', []],
  ])
  const after = lists(range(51, 60), range(51, 60))
  const none = { ...one, persistence: 'none' } as const
  assert.match(violationsOf({ files, after, case: none }), /^n1 was empty and was opened although/)
})

test('orders: neither converged nor held -> a violation that says what was there instead', () => {
  assert.match(violationsOf({ ...notConverged, lateness: 'n1=primary, n2=primary' }), /neither converged nor held: n1=primary, n2=primary/)
})

test('orders: acknowledged long before the crash and on no file -> a violation; in the last moments before it -> none', () => {
  const without = (gap: (n: number) => boolean): Partial<Seen> => {
    const list = range(1, 60).filter((n) => !gap(n))
    return {
      files: new Map([['n1', list.filter((n) => n <= 50)]]),
      after: lists(list, list),
    }
  }
  assert.match(
    violationsOf(without((n) => n >= 10 && n < 15)),
    /^5 acknowledged writes lost that no crash explains, the first \(10\) taken by n1$/,
  )
  assert.equal(violationsOf(without((n) => n > 46 && n <= 49)), '')
})

test('orders: on Pika, a write that an open old primary took is lost -> a violation unless regroup said what it discarded; on Redis always one', () => {
  const late: Ack = { n: 61, at: 2100, node: 'n2' }
  const with61 = seen().acks.concat(late)
  const onPika = { ...one, engine: 'pika' } as const
  const discarded = new Set(['n2'])
  assert.match(violationsOf({ acks: with61, case: onPika }), /^1 writes acknowledged by n2 while nodes were started are lost$/)
  assert.equal(violationsOf({ acks: with61, case: onPika, discarded }), '')
  assert.match(violationsOf({ acks: with61, discarded }), /are lost$/)
})

test('orders: a clinging client was told of writes that are nowhere -> a violation unless regroup said what it discarded, which is counted', () => {
  const held = new Map([
    ['w', range(1, 60)],
    ['w.n2', range(1, 5)],
  ])
  const after = new Map([
    ['n1', held],
    ['n2', held],
  ])
  const acks = range(1, 8).map((n): Ack => ({ n, at: 2000 + n, node: 'n2' }))
  const clung = [{ node: 'n2', key: 'w.n2', acks }]
  assert.match(
    violationsOf({ after, clung }),
    /^3 writes that n2 acknowledged to a client that clung to it are gone, and nothing was said$/,
  )
  const said = outcomeOf(seen({ after, clung, discarded: new Set(['n2']) }))
  assert.deepEqual([said.violations, said.discarded], [[], 3])
})

test('orders: a node holds another value of one key, or a key more -> a violation that names it', () => {
  const held = (extra: readonly (readonly [string, number[]])[]): ReadonlyMap<string, number[]> => new Map([['w', range(1, 60)], ...extra])
  const of = (n2: ReadonlyMap<string, number[]>): string =>
    violationsOf({
      after: new Map([
        ['n1', held([['w.n1', [1]]])],
        ['n2', n2],
      ]),
    })
  assert.equal(of(held([['w.n1', [1]]])), '')
  assert.match(of(held([['w.n1', [2]]])), /^n2 holds other data than its primary n1 in w\.n1$/)
  assert.match(
    of(
      held([
        ['w.n1', [1]],
        ['x', []],
      ]),
    ),
    /in x$/,
  )
})

test('orders: on Pika, the last moments of a replaced primary are in its file only -> a violation unless regroup said that they go', () => {
  const list = [...range(1, 40), ...range(51, 60)]
  const after = lists(list, list)
  const won = { after, winner: 'n2', case: { ...one, engine: 'pika' } as const, stops: [{ node: 'n1', at: 505 }] }
  assert.match(violationsOf(won), /n2 won without 10 writes that n1 held \(41 \.\. 50\)/)
  assert.equal(violationsOf({ ...won, discarded: new Set(['n1']) }), '')
  const long = { ...won, stops: [{ node: 'n1', at: 605 }], discarded: new Set(['n1']) }
  assert.match(violationsOf(long), /n2 won without/, 'so long before its end the others had it')
})

test('orders: the plan of a seed -> every order once, the same again, another seed kills the controller elsewhere', () => {
  const cases = plan(choice)
  assert.equal(cases.length, 4 + 1 + 36)
  assert.equal(new Set(cases.map((each) => each.name)).size, cases.length)
  assert.deepEqual(plan(choice), cases)
  assert.notDeepEqual(
    plan({ ...choice, seed: 8 }).map((each) => each.controllerDies),
    cases.map((each) => each.controllerDies),
  )
})
