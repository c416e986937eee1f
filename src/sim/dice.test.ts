import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from './dice.ts'

test('dice: the state 1 2 3 4 -> the words that are known of xoshiro128**', () => {
  const dice = new Dice(1, 2, 3, 4)
  const known = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
  assert.deepEqual(
    known.map(() => dice.word()),
    known,
  )
})

test('dice: the same seed -> the same chances; another seed -> others', () => {
  const drawn = (seed: number): string => {
    const dice = Dice.of(seed)
    return [dice.hex(40), dice.below(1000), dice.pick(['a', 'b', 'c']), dice.weighted({ x: 1, y: 9 })].join(' ')
  }
  assert.equal(drawn(7), drawn(7))
  assert.notEqual(drawn(7), drawn(8))
})

test('dice: many draws -> inside their ranges, and every face falls', () => {
  const dice = Dice.of(1)
  const faces = new Set<number>()
  for (let draw = 0; draw < 1000; draw++) {
    const face = dice.below(6)
    assert.ok(face >= 0 && face < 6)
    faces.add(face)
    const span = dice.between(5, 6)
    assert.ok(span >= 5 && span < 6)
  }
  assert.equal(faces.size, 6)
})

test('dice: a weight of nothing -> never drawn', () => {
  const dice = Dice.of(2)
  for (let draw = 0; draw < 200; draw++) assert.equal(dice.weighted({ never: 0, always: 1 }), 'always')
})
