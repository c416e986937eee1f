import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppendFile } from './appendFile.ts'
import { Stream } from './stream.ts'

const stream = new Stream(null, 0)
const early = { stream, length: 1 }
const late = { stream, length: 2 }

function filled(): AppendFile {
  const file = new AppendFile()
  file.sync(early)
  file.write(late, 1_000)
  return file
}

void describe('an append-only file', () => {
  test('its process is killed -> all that it wrote is found', () => assert.equal(filled().found('all', 2_000), late))

  test('its host loses power at once -> what was not synced is gone', () => assert.equal(filled().found('synced', 2_000), early))

  test('its process stood still for a minute before -> the kernel wrote it all', () => assert.equal(filled().found('synced', 61_000), late))

  test('it is lost -> nothing is found, now or later', () => {
    const file = filled()
    assert.equal(file.found('nothing', 2_000), null)
    assert.equal(file.found('all', 3_000), null)
  })
})
