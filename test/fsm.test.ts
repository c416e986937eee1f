// docs/fsm.md is what the rule tables say, and the tables can always decide.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fsmFile, fsmPage } from '../script/fsm.ts'
import { type Table, tables } from '../src/core/decide.ts'
import type { Rule } from '../src/core/rule.ts'

const phases = new Set(tables.map((table) => table.phase))

/** Offences of the tables as sentences. */
function offences(from: readonly Table[]): string[] {
  const ids = from.flatMap((table) => table.rules.map((rule) => rule.id))
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is there twice`),
    ...from.flatMap((table) =>
      table.rules.filter((rule) => !rule.id.startsWith(`${table.phase}.`)).map((rule) => `${rule.id} in ${table.phase}`),
    ),
    ...from.flatMap((table) => (alwaysMatches(table) ? [] : [`the last rule of ${table.phase} looks before it matches`])),
  ]
}

/** Asked with a context in which nothing can be looked at: only a rule that matches whatever there is says yes. */
function alwaysMatches(table: Table): boolean {
  const last = table.rules.at(-1) as Rule<unknown> | undefined
  const blind = new Proxy(
    {},
    {
      get: () => {
        throw new Error('it looked')
      },
    },
  )
  try {
    return last?.when(blind) === true
  } catch {
    return false
  }
}

const row = (id: string, when: () => boolean = () => true): Table['rules'][number] =>
  ({ id, why: 'w', gives: 'hold', when }) as Table['rules'][number]

void describe('the rules', () => {
  test('docs/fsm.md -> is what script/fsm.ts would write now', () => {
    assert.equal(readFileSync(fsmFile, 'utf8'), fsmPage(), 'docs/fsm.md is stale: run `script/run fsm`')
  })

  test('every table -> ids unique and named after their phase, the last row matches always', () => {
    assert.deepEqual(offences(tables), [])
  })

  test('what a row gives -> leads to a phase that has a table', () => {
    const targets = tables.flatMap((table) => table.rules.flatMap((rule) => [...rule.gives.matchAll(/save -> (\w+)/g)].map(([, to]) => to)))
    assert.ok(targets.length > 5)
    for (const to of targets) assert.ok(phases.has(to ?? ''), `no table for ${to}`)
  })

  test('a table with an id twice, a foreign id or a last row that looks -> reported', () => {
    const bad: Table = { phase: 'x', about: '', rules: [row('x.a'), row('x.a'), row('y.b', () => false)] }
    assert.deepEqual(offences([bad]), ['x.a is there twice', 'y.b in x', 'the last rule of x looks before it matches'])
    const looks = { id: 'x.a', why: '', gives: '', when: (c: { s: unknown }) => c.s === undefined } as unknown as Table['rules'][number]
    assert.deepEqual(offences([{ phase: 'x', about: '', rules: [looks] }]), ['the last rule of x looks before it matches'])
  })

  test('a row that is added -> the page changes', () => {
    const [first, ...rest] = tables
    assert.ok(first !== undefined)
    assert.notEqual(fsmPage([{ ...first, rules: [row('new.z'), ...first.rules] }, ...rest]), fsmPage())
  })
})
