// Whoever reads a hold at night finds its rule in the README of their language, with the way out; and no row outlives its rule.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tables } from '../src/core/decide.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Rows that hold by themselves. One that saves or else holds leaves the name of its hold to the election. */
const ofRows = tables.flatMap(({ rules }) =>
  rules.filter(({ gives }) => /\bhold\b/.test(gives) && !gives.includes('save')).map(({ id }) => id),
)

/** What refuses an election. An order is refused to whoever gave it: that is an answer and stands nowhere. */
const ofElections = globSync('src/core/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .flatMap((path) => [...read(path).matchAll(/(?:kind: 'hold'|ok: false),\s*rule: '([\w.]+)'/g)].map(([, rule = '']) => rule))
  .filter((rule) => !rule.startsWith('elect.order'))

const holds = new Set([...ofRows, ...ofElections])
/** Rows that only wait for a while, told beside the hold that they end in. */
const waits = new Set(['new.waiting', 'restored.waiting'])

/** The rules that a page's table of holds names, each with the rest of its row. */
function told(page: string, heading: string): Map<string, readonly string[]> {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'))
  return new Map(
    rows.flatMap((line) => {
      const [rules = '', ...rest] = line.split(/(?<!\\)\|/).slice(1, -1)
      return [...rules.matchAll(/`([\w.]+)`/g)].map(([, rule = '']) => [rule, rest.map((cell) => cell.trim())] as const)
    }),
  )
}

void describe('the table of holds', () => {
  test('the holds that are looked for -> rows, elections and their consents are among them', () => {
    for (const rule of ['steady.paused', 'failover.unfenced', 'elect.nobody', 'elect.splitRisk', 'node.newer'])
      assert.ok(holds.has(rule), rule)
  })

  for (const [page, heading] of [
    ['README.md', 'Holds'],
    ['README.zh-CN.md', '按兵不动'],
  ] as const) {
    test(`${page} -> names every hold with its meaning and a way out, and nothing that is none`, () => {
      const rows = told(read(page), heading)
      assert.deepEqual(
        [...holds].filter((rule) => !rows.has(rule)),
        [],
        'holds without a row',
      )
      assert.deepEqual(
        [...rows.keys()].filter((rule) => !holds.has(rule) && !waits.has(rule)),
        [],
        'rows without a hold',
      )
      for (const [rule, cells] of rows) assert.ok(cells.length === 2 && cells.every((cell) => cell !== ''), rule)
    })
  }
})
