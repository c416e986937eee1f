// Keeps the house as ARCHITECTURE.md draws it: who may import whom, what computes stays pure, pages lead somewhere.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { anchors, described, links, sameShape, type Manifest } from './house/docs.ts'
import { extensions, layering, length, purity, refusals, words } from './house/rules.ts'
import { unusedStyles, unusedWords } from './house/page.ts'
import { readSource, type Source } from './house/source.ts'
import { en } from '../web/src/words/en.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const sources = globSync(['src/**/*.ts', 'web/src/**/*.{ts,tsx}'], { cwd: root })
  .toSorted()
  .map((path) => readSource(path, read(path)))
const pages = new Map(globSync(['*.md', 'docs/**/*.md'], { cwd: root }).map((path) => [path, read(path)]))

/** Nothing, or all offences as one readable list. */
const kept = (offences: readonly string[]): void => assert.ok(offences.length === 0, `\n${offences.join('\n')}`)

void describe('the house', () => {
  test('every source file -> imports only from the rooms it may', () => kept(sources.flatMap(layering)))
  test('every relative import -> ends with .ts', () => kept(sources.flatMap(extensions)))
  test('what computes -> reads no clock, chance or environment and waits for nothing', () => kept(sources.flatMap(purity)))
  test('every source file -> says primary and replica', () => kept(sources.flatMap(words)))
  test('every refusal of the API -> has a code and its values, so that it is told in any language', () => kept(sources.flatMap(refusals)))
  test('every source file -> has a length that one can read', () => kept(sources.flatMap(length)))
  test('every link between the pages -> leads somewhere', () => kept(links({ pages, exists: (path) => existsSync(join(root, path)) })))
  test('every npm script -> has its sentence', () => kept(described(JSON.parse(read('package.json')) as Manifest)))

  test('the page -> says every word of its dictionary and uses all of its style', () => {
    const all = sources.filter(({ path }) => !/\/words\/(?:en|zh)\.ts$|\.test\.tsx?$/.test(path))
    const texts = all.filter(({ path }) => path.startsWith('web/')).map(({ text }) => text)
    const sheets = new Map(globSync('web/src/**/*.css', { cwd: root }).map((path) => [path, read(path)]))
    kept(
      unusedWords(
        Object.keys(en),
        texts,
        all.map(({ text }) => text),
      ),
    )
    kept(unusedStyles(sheets, texts))
  })

  test('both READMEs -> as many headings, and the same code blocks', () => {
    const [english, chinese] = [pages.get('README.md'), pages.get('README.zh-CN.md')]
    assert.ok(english !== undefined && chinese !== undefined, 'README.md and README.zh-CN.md are both there')
    kept(sameShape('README.md', english, 'README.zh-CN.md', chinese))
  })

  test('the scan itself -> sees the rooms, and an import in each of them', () => {
    for (const room of ['core', 'engines', 'resp', 'controller', 'adapters', 'server', 'cli']) {
      const inside = sources.filter(({ path }) => path.startsWith(`src/${room}/`))
      assert.ok(
        inside.some(({ imports }) => imports.length > 0),
        `nothing was found in ${room}`,
      )
    }
  })
})

const at = (path: string, text: string): Source => readSource(path, text)

/** Each line is one planted offence, or one thing that only looks like it (`clean`). */
function planted(
  rule: (source: Source) => string[],
  cases: readonly (readonly [path: string, text: string, offence: RegExp | 'clean'])[],
): void {
  for (const [path, text, offence] of cases) {
    const found = rule(at(path, text)).join('\n')
    if (offence === 'clean') assert.equal(found, '', `${path}: ${text}`)
    else assert.match(found, offence, `${path}: ${text}`)
  }
}

void describe('the checks of the house', () => {
  test('imports that leave their room -> reported with file and line', () => {
    planted(layering, [
      [
        'src/core/a.ts',
        "\nimport { b } from '../engines/b.ts'",
        /^src\/core\/a\.ts:2: imports \.\.\/engines\/b\.ts; core may not import engines$/,
      ],
      ['src/core/a.ts', "import type { b } from '../ports.ts'", /may not import ports\.ts/],
      ['src/core/a.ts', "import { b } from 'node:fs'", /imports node:fs; core imports nothing from outside/],
      ['src/core/a.ts', "import {\n  b,\n  c,\n} from '../resp/b.ts'", /may not import resp/],
      ['src/core/a.ts', "export * from '../sim/b.ts'", /may not import sim/],
      ['src/core/a.ts', "const b = import('../sim/b.ts')", /may not import sim/],
      ['src/core/a.ts', "import '../sim/b.ts'", /may not import sim/],
      ['src/resp/a.ts', "import type { b } from '../core/model.ts'", /may not import core/],
      ['src/engines/a.ts', "import { b } from 'yaml'", /imports yaml/],
      ['src/engines/a.ts', "import { b } from '../controller/b.ts'", /may not import controller/],
      ['src/controller/a.ts', "import { b } from '../adapters/b.ts'", /may not import adapters/],
      ['src/controller/a.ts', "import { b } from '../resp/b.ts'", /may not import resp/],
      ['src/adapters/store/a.ts', "import { b } from '../../server/b.ts'", /adapters may not import server/],
      ['src/server/a.ts', "import { b } from '../adapters/b.ts'", /server may not import adapters/],
      ['src/proxy/a.ts', "import { b } from '../sentinel/b.ts'", /proxy may not import sentinel/],
      ['src/cli/a.ts', "import { b } from '../sim/b.ts'", /cli may not import sim/],
      ['src/cli/a.ts', "import { b } from '../../test/b.ts'", /cli may not import test\/b\.ts/],
      ['src/ports.ts', "import { b } from './core/model.ts'", /as a value/],
      ['src/ports.ts', "import type { b } from './errors.ts'", /may not import errors\.ts/],
      ['src/errors.ts', "import type { b } from './controller/b.ts'", /may not import controller/],
      ['src/helpers/a.ts', '', /no room called "helpers"/],
      ['web/src/a.ts', "import { b } from '../../src/core/b.ts'", /as a value; the page takes only types/],
      ['web/src/a.ts', "import type { b } from '../../src/adapters/b.ts'", /knows only what the API tells/],
      ['web/src/a.ts', "import { b } from 'node:fs'", /runs in a browser/],
      ['web/src/a/b.tsx', "import type { b } from '../../../src/core/b.ts'\nimport { c } from '../c.tsx'\nimport d from 'react'", 'clean'],
      ['src/core/a.ts', "import { b } from './b.ts'\nexport { c } from './c.ts'", 'clean'],
      ['src/core/a.ts', "// import { b } from 'node:fs'\nconst text = \"import { b } from 'node:fs'\"", 'clean'],
      ['src/core/a.test.ts', "import { test } from 'node:test'", 'clean'],
      ['src/engines/a.ts', "import type { b } from '../core/model.ts'\nimport type { c } from '../resp/value.ts'", 'clean'],
      ['src/ports.ts', "import type {\n  b,\n} from './core/model.ts'", 'clean'],
      ['src/cli/a.ts', "import { b } from '../server/b.ts'\nimport { c } from 'commander'", 'clean'],
    ])
  })

  test('a relative import without its extension -> reported', () => {
    planted(extensions, [
      ['src/cli/a.ts', "import { b } from './b'", /src\/cli\/a\.ts:1: imports \.\/b;/],
      ['src/cli/a.test.ts', "import { b } from './b.js'", /ends with \.ts/],
      ['src/cli/a.ts', "import { b } from './b.ts'\nimport { c } from 'yaml'", 'clean'],
    ])
  })

  test('clock, chance, environment and waiting in what computes -> reported, in comments and strings not', () => {
    planted(purity, [
      ['src/core/a.ts', '\n\nconst now = Date.now()', /^src\/core\/a\.ts:3: uses Date\.now; take the time/],
      ['src/engines/a.ts', 'const now = new Date()', /new Date\(\)/],
      ['src/controller/a.ts', 'const now = performance.now()', /performance\./],
      ['src/resp/a.ts', 'const n = Math.random()', /Math\.random/],
      ['src/core/a.ts', 'const e = process.env', /process\./],
      ['src/controller/a.ts', 'setTimeout(f, 1)', /a timer/],
      ['src/controller/a.ts', 'setInterval(f, 1)', /a timer/],
      ['src/controller/a.ts', 'setImmediate(f)', /a timer/],
      ['src/controller/a.ts', 'crypto.randomUUID()', /crypto/],
      ['src/core/a.ts', 'async function f() {}', /await/],
      ['src/engines/a.ts', 'const x = await y', /await/],
      ['src/core/a.ts', "console.log('x')", /console\./],
      ['src/core/a.ts', 'globalThis.x', /globalThis/],
      ['src/resp/a.ts', 'new TextDecoder()', /besides Buffer/],
      ['src/sim/a.ts', 'Math.random()', /Math\.random/],
      ['src/server/a.ts', 'const now = new Date()', /new Date\(\)/],
      ['src/proxy/a.ts', 'Date.now()', /Date\.now/],
      ['src/core/a.ts', 'const t = `at ${Date.now()} ms`', /Date\.now/],
      ['src/core/a.ts', 'const t = `${`${Date.now()}`} Date.now`', /:1: uses Date\.now[^\n]*$/],
      ['src/core/a.ts', "const r = /'/\nDate.now()", /:2: uses Date\.now/],
      ['src/core/a.ts', 'const r = a / b / Date.now()', /Date\.now/],
      ['src/core/a.ts', '// Date.now()\n/* await\n   setTimeout */ const a = \'Date.now()\' + "crypto" + `await`', 'clean'],
      ['src/core/a.ts', "const a = 'it\\'s' // Date.now()", 'clean'],
      ['src/core/a.ts', 'const r = /Date.now()[/]await/', 'clean'],
      ['src/core/a.ts', 'const a = clock.performance.x + state.process.y + awaited', 'clean'],
      ['src/controller/a.ts', 'const f = async () => await x', 'clean'],
      ['src/server/a.ts', 'new Date(at).toISOString(); setTimeout(f, 1); process.pid', 'clean'],
      ['src/resp/a.ts', 'Buffer.alloc(1)', 'clean'],
      ['src/adapters/clock.ts', 'Date.now()', 'clean'],
      ['src/core/a.test.ts', 'Date.now()', 'clean'],
    ])
  })

  test("the engines' words elsewhere -> reported, comments included", () => {
    planted(words, [
      ['src/core/a.ts', '// the old Master', /src\/core\/a\.ts:1: says "Master"/],
      ['src/adapters/a.ts', "const x = 'SLAVEOF'", /"SLAVE"/],
      ['src/adapters/masters.ts', '', /is named after/],
      ['src/engines/redis.ts', "'master_link_status'", 'clean'],
      ['src/sentinel/a.ts', "'get-master-addr-by-name'", 'clean'],
      ['src/adapters/a.test.ts', "'role:slave'", 'clean'],
    ])
  })

  test('a refusal that is plain text -> reported where the API tells it', () => {
    planted(refusals, [
      ['src/server/a.ts', "\nthrow new UserError('NOT_NOW', `no ${x}`)", /^src\/server\/a\.ts:2: refuses with a plain text/],
      ['src/controller/a.ts', "new UserError(\n  'NOT_NOW',\n  'no',\n)", /plain text/],
      ['src/server/a.ts', "new UserError('NOT_NOW', say('refusal.x'))", 'clean'],
      ['src/controller/a.ts', "new UserError('STORE_BROKEN', `no ${x}`)", 'clean'],
      ['src/cli/a.ts', "new UserError('BAD_INPUT', 'no')", 'clean'],
    ])
  })

  test('a file of 451 lines -> reported, of 450 not', () => {
    planted(length, [
      ['src/core/a.ts', 'x\n'.repeat(451), /has 451 lines/],
      ['src/core/a.ts', 'x\n'.repeat(450), 'clean'],
    ])
  })

  test('links to what is not there -> reported; in code, outside or there -> not', () => {
    const check = (page: string): string[] =>
      links({
        pages: new Map([
          ['docs/a.md', page],
          ['docs/b.md', '# Two words\n## Two words\n## `code` & more\n## 安装 步骤\n```\n# no heading\n```\n'],
        ]),
        exists: (path) => path === 'src/core' || path === 'docs/my file.png',
      })
    const offences = check(
      ['[x](c.md)', '[x](b.md#three)', '[x](#here)', '![x](gone.png "t")', '<a href="c.md">', '[r]: ../c.md', '[x](b.md#no-heading)'].join(
        '\n',
      ),
    )
    assert.deepEqual(
      offences.map((offence) => offence.split(':')[1]),
      ['1', '2', '3', '4', '5', '6', '7'],
    )
    const good = [
      '# Here',
      '[x](b.md)',
      '[x](b.md#two-words-1)',
      '[x](b.md#code--more)',
      '[x](b.md#安装-步骤)',
      '[x](#here)',
      '[x](../src/core)',
      '![x](my%20file.png)',
    ]
    assert.deepEqual(check([...good, '[x](https://a.b/c#d)', '`[x](c.md)`', '```', '[x](c.md)', '```'].join('\n')), [])
    assert.ok(!anchors('```\n# x\n```').has('x'))
  })

  test('READMEs of another shape and scripts without a sentence -> reported', () => {
    const page = '# a\n## b\n```\n# c\n```\n'
    assert.deepEqual(sameShape('a', page, 'b', '# 一\n## 二\n```sh\n# c\n```\n'), [])
    assert.deepEqual(sameShape('a', page, 'b', '# 一\n```\n# c\n```\n'), ['a has 2 headings, b has 1'])
    assert.deepEqual(sameShape('a', page, 'b', '# 一\n## 二\n\n```\n# d\n```\n'), ['a:3 and b:4: the code blocks differ'])
    assert.deepEqual(sameShape('a', page, 'b', '# 一\n## 二\n'), ['a has 1 code blocks, b has 0'])
    assert.deepEqual(described({ scripts: { a: 'x' }, describe: { a: 'does it all' } }), [])
    assert.match(described({ scripts: { a: 'x' }, describe: {} }).join(), /"a" has no sentence/)
    assert.match(described({ scripts: { a: 'x' }, describe: { a: ' ' } }).join(), /"a" has no sentence/)
    assert.match(described({ scripts: {}, describe: { a: 'does it all' } }).join(), /no script/)
  })

  test('a word, a class and a colour that nobody uses -> reported; what is put together -> not', () => {
    const texts = [
      "say('a.b') + say(`c.${key as 'd'}`) + say(`${kind}.title`)",
      'const keys = ["d", "three words here"]; kind = \'users\'',
      '<p className={`x ${y}`}>',
    ]
    const words = unusedWords(['a.b', 'c.d', 'c.gone', 'c.three words', 'users.title', 'lost.title', 'a.c'], texts, texts)
    assert.deepEqual(
      words.map((offence) => offence.split('"')[1]),
      ['c.gone', 'lost.title', 'a.c'],
    )
    const sheets = new Map([['a.css', '/* .gone */ .x { --used: 1px; --idle: 2px; margin: var(--used) } .x .idle:hover { top: 0.5em }']])
    assert.deepEqual(unusedStyles(sheets, texts), ['a.css: nothing has the class idle', 'a.css: nothing uses --idle'])
  })
})
