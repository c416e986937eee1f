import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadline } from './deadline.ts'

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

/** Ends when it is late; gives after how long. */
function late(ms: number): Promise<number> {
  const from = performance.now()
  return new Promise((resolve) => deadline(ms, () => resolve(performance.now() - from)))
}

test('deadlines of one length -> each is late in its turn and not before its time, but for those that were cancelled', async () => {
  const called: string[] = []
  const cancels = ['a', 'b', 'c'].map((name) => deadline(15, () => called.push(name)))
  cancels[1]?.()
  assert.ok((await late(15)) >= 15)
  assert.deepEqual(called, ['a', 'c'])
  for (const cancel of cancels) cancel()
  assert.deepEqual(called, ['a', 'c'])
})

test('deadlines of several lengths -> the shorter comes first, whatever was set first', async () => {
  const order: number[] = []
  await Promise.all([40, 10, 25].map((ms) => late(ms).then(() => order.push(ms))))
  assert.deepEqual(order, [10, 25, 40])
})

test('one is set while others of its length run -> it has its whole time', async () => {
  const first = late(20)
  await late(7)
  const second = await late(20)
  assert.ok((await first) >= 20)
  assert.ok(second >= 20, `${second} ms`)
})

test('our own loop stood still, and what was waited for arrived meanwhile -> it is not late', async () => {
  const called: string[] = []
  const cancel = deadline(5, () => called.push('late'))
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      const until = performance.now() + 30
      while (performance.now() < until);
      // As a socket is read in the turn after the timers.
      setImmediate(() => {
        cancel()
        resolve()
      })
    }, 0)
  })
  await late(5)
  assert.deepEqual(called, [])
})

test('all are cancelled -> nothing is left that would keep the process from ending', () => {
  const before = timers()
  const cancels = [1, 2, 3].map(() => deadline(60_000, () => assert.fail('late')))
  assert.equal(timers(), before + 1)
  for (const cancel of cancels) cancel()
  assert.equal(timers(), before)
})
