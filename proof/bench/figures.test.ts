import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf, tableOf } from './figures.ts'
import type { Seen } from './scenarios.ts'

const seen = (change: Partial<Seen>): Seen => ({ gapMs: null, lost: 0, stale: 0, rejoinMs: null, linkUpMs: null, ...change })

test('figures: runs of both systems -> median and worst of each, and how many times quicker ours is', () => {
  const crash = figuresOf(
    'crash',
    new Map([
      ['regroup', [seen({ gapMs: 20 }), seen({ gapMs: 50, lost: 2 }), seen({ gapMs: 10 })]],
      ['sentinel', [seen({ gapMs: 2_200 })]],
    ]),
  )
  assert.deepEqual(crash.ours?.gapMs, { median: 20, worst: 50 })
  assert.deepEqual(crash.ours?.lost, { median: 0, worst: 2 })
  assert.equal(crash.ours?.rejoinMs, null)
  assert.equal(crash.guardedPeer, null)
  assert.equal(crash.ratio, 110)
  assert.match(tableOf([crash]), /crash.*regroup.*20 \/ 50.*0 \/ 2/)
})

test('figures: a return -> compared by the time to replica; nothing to compare with -> no ratio', () => {
  const both = new Map([
    ['regroup', [seen({ gapMs: 20, rejoinMs: 40 })]],
    ['sentinel', [seen({ gapMs: 2_000, rejoinMs: 10_000 })]],
  ] as const)
  assert.equal(figuresOf('return', both).ratio, 250)
  assert.equal(figuresOf('crash', new Map([['regroup', [seen({ gapMs: 20 })]]])).ratio, null)
})

test('figures: a run that never came so far -> counted among the runs, not among the figures', () => {
  const back = figuresOf('return', new Map([['regroup', [seen({ rejoinMs: 40 }), seen({})]]]))
  assert.equal(back.ours?.runs, 2)
  assert.deepEqual(back.ours?.rejoinMs, { median: 40, worst: 40 })
})
