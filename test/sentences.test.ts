import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Code, english, inEnglish, say } from '../src/core/said.ts'
import { sentences as chinese } from '../web/src/words/sentences.zh.ts'
import { toldIn } from '../web/src/words/told.ts'

const codes = Object.keys(english) as Code[]

/** Values that are English words themselves, so that Chinese has its own for each: one of them. */
const worded: Readonly<Partial<Record<Code, Readonly<Record<string, string>>>>> = {
  'plan.moving': { phase: 'failover' },
  'roll.moving': { phase: 'failover' },
}

/** Every value that a sentence asks for, by name; the sentence with those names in their places; and the names that are in it. */
function asked(
  sentence: unknown,
  given: Readonly<Record<string, string>> = {},
): { readonly names: readonly string[]; readonly text: string; readonly shown: readonly string[] } {
  const names = new Set<string>()
  const values = new Proxy(
    {},
    {
      get: (_, name) => {
        names.add(String(name))
        return given[String(name)] ?? [`<${String(name)}>`]
      },
    },
  )
  const told = (sentence as (values: object) => string | readonly string[])(values)
  const text = [told].flat().join('')
  return { text, names: [...names].toSorted(), shown: [...new Set(text.match(/(?<=<)\w+(?=>)/g))].toSorted() }
}

void describe('sentences', () => {
  test('each in Chinese -> has the same values as in English, and every one of them is put in', () => {
    assert.deepEqual(Object.keys(chinese).toSorted(), codes.toSorted())
    for (const code of codes) {
      const [en, zh] = [asked(english[code]), asked(chinese[code])]
      assert.deepEqual(zh.names, en.names, code)
      const translated = worded[code] ?? {}
      assert.deepEqual([...zh.shown, ...Object.keys(translated)].toSorted(), en.shown, code)
      for (const [name, value] of Object.entries(translated))
        assert.notEqual(asked(chinese[code], { [name]: value }).text, zh.text, `${code}: ${name}`)
    }
  })

  test('each in Chinese -> no words are left in English', () => {
    const plain = (text: string): string => text.replaceAll(/`[^`]*`|<\w+>/g, '')
    const left = codes.filter(
      (code) => /[a-z]/i.test(plain(asked(english[code]).text)) && !/[\u4e00-\u9fff]/.test(asked(chinese[code]).text),
    )
    assert.deepEqual(left, [])
  })

  test('a reason within a sentence -> told in the same language', () => {
    const said = say('lost.elects', {
      lead: say('lost.dead', { primary: 'a' }),
      why: say('elect.nobodyHere', { why: [say('whyNot.down', { node: 'b' })], nodes: ['b'] }),
    })
    assert.equal(inEnglish(said), 'a refuses connections and no replica has a link to it; nobody can be promoted: b is down; waits for b')
    assert.deepEqual(toldIn('zh', inEnglish(said), said), {
      text: 'a 拒绝连接，没有副本与它相连；没有可以提升的节点：b 已停机；等待 b',
      lang: 'zh-CN',
    })
  })

  test('a sentence of a newer server, or none in an entry of an older one -> stays English as a whole', () => {
    const said = say('lost.elects', { lead: say('lost.dead', { primary: 'a' }), why: 'x' })
    const newer = { ...said, values: { ...said.values, why: { code: 'elect.later' as Code, values: {} } } }
    assert.deepEqual(toldIn('zh', 'as written', newer), { text: 'as written', lang: 'en' })
    assert.deepEqual(toldIn('zh', 'as written', undefined), { text: 'as written', lang: 'en' })
    assert.deepEqual(toldIn('en', 'as written', said), { text: 'as written', lang: 'en' })
  })
})
