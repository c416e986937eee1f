import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Step, act as actNow, hold as holdOn, rest as restNow, wait as waitFor } from '../core/rule.ts'
import { say } from '../core/said.ts'
import { Notebook } from './notebook.ts'

const hold = (text: string): Step => holdOn(say('text', { text }))
const wait: Step = waitFor(say('text', { text: 'w' }))
const rest: Step = restNow(say('text', { text: 'r' }))
const act: Step = actNow(say('text', { text: 'does' }), [])

function notebook(): { say: (rule: string, step: Step, now?: number, about?: string) => string | null; last: () => Notebook['last'] } {
  const book = new Notebook('g', 0)
  return {
    last: () => book.last,
    say: (rule, step, now = 0, about = 'group') => {
      const entry = book.say(about, rule, step, 1, now, now)
      return entry === null ? null : `${entry.kind} ${entry.rule}: ${entry.sentence}`
    },
  }
}

void describe('what is stored', () => {
  test('a refusal -> once, until its rule or its reason changes', () => {
    const { say } = notebook()
    assert.equal(say('x', hold('a is down')), 'hold x: a is down')
    assert.equal(say('x', hold('a is down'), 60_000), null)
    assert.equal(say('x', hold('b is down'), 60_001), 'hold x: b is down')
    assert.equal(say('y', hold('b is down'), 60_002), 'hold y: b is down')
    assert.equal(say('x', hold('a is down'), 60_003), 'hold x: a is down')
  })

  test('a wait -> only when it lasts a second, once', () => {
    const { say } = notebook()
    assert.deepEqual(
      [say('x', wait, 0), say('x', wait, 999), say('x', wait, 1_000), say('x', wait, 9_000)],
      [null, null, 'hold x: w', null],
    )
    assert.equal(say('y', wait, 9_001), null)
  })

  test('a short wait between a refusal and the same -> no news; a long one, or an action -> news', () => {
    const { say } = notebook()
    assert.deepEqual([say('x', hold('h'), 0), say('y', wait, 10), say('x', hold('h'), 20)], ['hold x: h', null, null])
    assert.deepEqual([say('y', wait, 30), say('y', wait, 1_030), say('x', hold('h'), 1_040)], [null, 'hold y: w', 'hold x: h'])
    assert.deepEqual([say('z', act, 1_050), say('x', hold('h'), 1_060)], ['event z: does', 'hold x: h'])
  })

  test('rest -> never; what was said before it is said again after it', () => {
    const { say } = notebook()
    assert.deepEqual([say('x', hold('h')), say('y', rest), say('x', hold('h'))], ['hold x: h', null, 'hold x: h'])
  })

  test('an action -> each time', () => {
    const { say } = notebook()
    assert.deepEqual([say('x', act), say('x', act)], ['event x: does', 'event x: does'])
  })

  test('two nodes with a refusal each -> each once', () => {
    const { say } = notebook()
    const round = (): (string | null)[] => [say('n', hold('a is foreign'), 0, 'node a'), say('n', hold('b is foreign'), 0, 'node b')]
    assert.deepEqual(
      [round(), round()],
      [
        ['hold n: a is foreign', 'hold n: b is foreign'],
        [null, null],
      ],
    )
  })
})

test('the decision in force -> of the group only, with the time since when it holds', () => {
  const { say, last } = notebook()
  say('x', hold('h'), 5)
  say('x', hold('h'), 9)
  say('n', hold('node'), 10, 'node a')
  assert.deepEqual([last().rule, last().kind, last().at], ['x', 'hold', 5])
  say('y', rest, 11)
  assert.deepEqual([last().rule, last().kind, last().at], ['y', 'decision', 11])
})
