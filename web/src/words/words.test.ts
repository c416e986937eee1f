import assert from 'node:assert/strict'
import { test } from 'node:test'
import { en } from './en.ts'
import { bytes, count, span } from './figures.ts'
import { votesIn } from './votes.ts'
import { zh } from './zh.ts'

const put = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort()

test('words: each in both languages -> the same values are put in', () => {
  for (const [key, text] of Object.entries(en)) assert.deepEqual(put(zh[key as keyof typeof en]), put(text), key)
})

test('words: Chinese -> has no word that was left in English, but names', () => {
  const names = /^(?:regroup|guard|guard \{n\}|[\d\s/:·-]*)$/
  const left = Object.entries(zh).filter(([, text]) => !/[\u4e00-\u9fff]/.test(text) && !names.test(text))
  assert.deepEqual(left, [])
})

test('votes: counted in English by the server -> in the language of the person; other words stay', () => {
  const say = (key: 'votes.of', { n, all }: { readonly n: string; readonly all: string }): string =>
    zh[key].replace('{n}', n).replace('{all}', all)
  assert.deepEqual([votesIn('2 of 3', say), votesIn('nobody', say)], ['2 票，共 3 票', 'nobody'])
})

test('figures: spans, bytes and counts -> as people read them', () => {
  assert.deepEqual([0.44, 38.4, 999, 1234, 59_400, 65_000, 3_600_000, 90_061_000].map(span), [
    '0.4 ms',
    '38 ms',
    '999 ms',
    '1.2 s',
    '59 s',
    '1 min 5 s',
    '1 h',
    '1 d 1 h',
  ])
  assert.deepEqual([0, 1023, 1536, 150 * 1024, 3 * 1024 ** 3].map(bytes), ['0 B', '1023 B', '1.5 KiB', '150 KiB', '3.0 GiB'])
  assert.equal(count(1_234_567), '1\u2009234\u2009567')
})
