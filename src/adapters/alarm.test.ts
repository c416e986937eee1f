import assert from 'node:assert/strict'
import { type TestContext, describe, test } from 'node:test'
import { stallMs } from '../core/limits.ts'
import { createAlarm } from './alarm.ts'

/** A clock and timers that move when they are told to. */
function bench(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
  let now = 1_000
  const rung: string[] = []
  const alarm = createAlarm({ now: () => now, wall: () => now })
  return {
    alarm,
    rung,
    set: (name: string, at: number) =>
      alarm.set(name, 1_000 + at, (lateMs) => rung.push(`${name} ${now - 1_000}${lateMs > stallMs ? ' late' : ''}`)),
    pass: (ms: number): void => {
      for (let step = 0; step < ms; step++) {
        now++
        t.mock.timers.tick(1)
      }
    },
    /** The process stands still. */
    stall: (ms: number): void => {
      now += ms
      t.mock.timers.tick(ms)
    },
  }
}

void describe('alarms', () => {
  test('set -> each rings once, at its instant, in their order', (t) => {
    const { set, pass, rung } = bench(t)
    for (const at of [40, 10, 30, 20, 10.5]) set(`a${at}`, at)
    pass(100)
    assert.deepEqual(rung, ['a10 10', 'a10.5 11', 'a20 20', 'a30 30', 'a40 40'])
  })

  test('put off, hurried, cleared -> rings at the last instant that was said, or not', (t) => {
    const { set, pass, rung, alarm } = bench(t)
    set('put off', 10)
    set('hurried', 50)
    set('cleared', 10)
    set('never', 10)
    pass(5)
    set('put off', 30)
    set('hurried', 12)
    set('never', Infinity)
    alarm.clear('cleared')
    set('put off', 20)
    pass(100)
    assert.deepEqual(rung, ['hurried 12', 'put off 20'])
  })

  test('set again while it rings, and by another that rings with it -> what was said last', (t) => {
    const { set, pass, rung, alarm } = bench(t)
    alarm.set('first', 1_010, () => {
      rung.push('first')
      set('second', 25)
      alarm.clear('third')
      set('first', 15)
    })
    set('second', 10)
    set('third', 10)
    pass(100)
    assert.deepEqual(rung, ['first', 'first 15', 'second 25'])
  })

  test('a far instant -> rings then, however long it takes', (t) => {
    const { set, pass, rung } = bench(t)
    set('far', 130_000)
    pass(129_999)
    assert.deepEqual(rung, [])
    pass(1)
    assert.deepEqual(rung, ['far 130000'])
  })

  test('the process stood still -> sockets are read first, and it is told how late it is', (t) => {
    const { set, stall, rung } = bench(t)
    set('a', 10)
    stall(stallMs + 11)
    assert.deepEqual(rung, [`a ${stallMs + 11} late`])
  })
})
