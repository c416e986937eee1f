import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from './turns.ts'

/** How many times the loop goes round while so many pieces of 1 ms are done, when it takes `roundMs` for all else. */
async function rounds(pieces: number, roundMs: (round: number) => number): Promise<number> {
  let [now, round] = [0, 0]
  const turns = new Turns(
    () => now,
    () => {
      now += roundMs(++round)
      return Promise.resolve()
    },
  )
  for (let piece = 0; piece < pieces; piece++) {
    now++
    await turns.pause()
  }
  return round
}

test('a calm loop -> it goes round every 10 ms of the work', async () => {
  assert.equal(await rounds(500, () => 2), 50)
})

test('a loop that takes 300 ms for all else -> a third of that at a time, so that the work ends', async () => {
  assert.equal(await rounds(1000, () => 300), 10)
})

test('a loop that takes seconds -> never more than 200 ms at a time', async () => {
  assert.equal(await rounds(1010, () => 5000), 6)
})

test('a loop that becomes calm -> small slices again', async () => {
  assert.equal(await rounds(260, (round) => (round === 1 ? 600 : 1)), 7)
})
