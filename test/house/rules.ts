// The rules of the house. Each takes sources and gives its offences as sentences with a place; none means that the rule is kept.
import { posix } from 'node:path'
import { lineAt, type Source } from './source.ts'

const inwards = ['core', 'engines', 'resp', 'controller', 'ports.ts', 'errors.ts']

/** Where a folder of src/ (or a file right in it) may import from, besides what is its own. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  resp: [],
  engines: ['core', 'resp'],
  controller: ['core', 'engines', 'ports.ts', 'errors.ts'],
  adapters: inwards,
  server: inwards,
  sentinel: inwards,
  proxy: inwards,
  sim: inwards,
  cli: [...inwards, 'adapters', 'server', 'sentinel', 'proxy'],
  'ports.ts': ['core'],
  'errors.ts': ['core'],
}

/** Folders that compute: nothing from Node, nothing from npm. */
const closed = new Set(['core', 'engines', 'resp', 'controller', 'ports.ts', 'errors.ts'])

const maxLines = 450
/** A test file is a list; it may be longer before it is two lists. */
const maxTestLines = 700

/** A test, or a suite that tests run: it may import and read what it likes. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || posix.basename(path) === 'contract.ts'
}

/** The folder of src/ that a path belongs to, or the file's name when it lies right in src/. */
export function partOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** What the page takes from the rest: the shapes of the API's answers, which are gone when it is built. */
const shownToPage = ['src/core/', 'src/server/', 'src/controller/', 'src/errors.ts']

function pageLayering({ path, imports }: Source): string[] {
  if (isTest(path)) return []
  return imports.flatMap(({ from, line, typeOnly }) => {
    const place = `${path}:${line}`
    if (from.startsWith('node:')) return [`${place}: imports ${from}; the page runs in a browser`]
    const target = posix.join(posix.dirname(path), from)
    if (!from.startsWith('.') || target.startsWith('web/')) return []
    if (!shownToPage.some((room) => target.startsWith(room))) return [`${place}: imports ${from}; the page knows only what the API tells`]
    return typeOnly ? [] : [`${place}: imports ${from} as a value; the page takes only types from src`]
  })
}

export function layering(source: Source): string[] {
  if (source.path.startsWith('web/')) return pageLayering(source)
  const part = partOf(source.path)
  const allowed = mayImport[part]
  if (allowed === undefined) return [`${source.path}: the house has no room called "${part}"; give it one in test/house/rules.ts`]
  if (isTest(source.path)) return []
  const offences: string[] = []
  for (const { from, line, typeOnly } of source.imports) {
    const place = `${source.path}:${line}`
    if (!from.startsWith('.')) {
      if (closed.has(part)) offences.push(`${place}: imports ${from}; ${part} imports nothing from outside`)
      continue
    }
    const target = posix.join(posix.dirname(source.path), from)
    const room = target.startsWith('src/') ? partOf(target) : target
    if (room !== part && !allowed.includes(room)) offences.push(`${place}: imports ${from}; ${part} may not import ${room}`)
    else if (part === 'ports.ts' && !typeOnly) offences.push(`${place}: imports ${from} as a value; ports.ts holds types only`)
  }
  return offences
}

export function extensions(source: Source): string[] {
  return source.imports
    .filter(({ from }) => from.startsWith('.') && !/\.(?:tsx?|css)$/.test(from))
    .map(({ from, line }) => `${source.path}:${line}: imports ${from}; a relative import ends with .ts`)
}

interface Ban {
  readonly parts: readonly string[]
  readonly word: RegExp
  readonly name: string
  readonly instead: string
}

const pure = ['core', 'engines', 'resp', 'controller', 'sim']
const untimed = [...pure, 'server', 'sentinel', 'proxy']
/** A global of that name, not a member of something of ours. */
const global = (name: string): RegExp => new RegExp(`(?<![.\\w$])${name}`, 'g')

const bans: readonly Ban[] = [
  { parts: untimed, word: global('Date\\s*\\.\\s*now\\b'), name: 'Date.now', instead: 'take the time as an argument or from the clock' },
  { parts: untimed, word: /\bnew\s+Date\s*\(\s*\)/g, name: 'new Date()', instead: 'take the time as an argument or from the clock' },
  { parts: untimed, word: global('performance\\s*\\.'), name: 'performance.', instead: 'take the time as an argument or from the clock' },
  { parts: untimed, word: global('Math\\s*\\.\\s*random\\b'), name: 'Math.random', instead: 'take chance from the dice' },
  { parts: pure, word: global('crypto\\b'), name: 'crypto', instead: 'take chance from the dice' },
  { parts: pure, word: global('process\\s*\\.'), name: 'process.', instead: 'take settings as an argument' },
  { parts: untimed, word: global('process\\s*\\.\\s*env\\b'), name: 'process.env', instead: 'take settings as an argument' },
  { parts: pure, word: global('(?:setTimeout|setInterval|setImmediate)\\b'), name: 'a timer', instead: 'be told by a tick' },
  { parts: pure, word: global('console\\s*\\.'), name: 'console.', instead: 'return what is worth telling' },
  { parts: ['core', 'engines'], word: global('(?:await|async)\\b'), name: 'await', instead: 'return an effect' },
  {
    parts: ['resp'],
    word: global('(?:fetch|WebSocket|queueMicrotask|structuredClone|TextEncoder|TextDecoder|globalThis|global)\\b'),
    name: 'a global besides Buffer',
    instead: 'work on bytes',
  },
  {
    parts: ['core', 'engines', 'controller'],
    word: global('globalThis\\b'),
    name: 'globalThis',
    instead: 'take what you need as an argument',
  },
]

/** The clock, chance, the environment, I/O and waiting stay out of what computes. */
export function purity(source: Source): string[] {
  if (isTest(source.path)) return []
  return bans
    .filter(({ parts }) => parts.includes(partOf(source.path)))
    .flatMap(({ word, name, instead }) =>
      [...source.code.matchAll(word)].map(({ index }) => `${source.path}:${lineAt(source.code, index)}: uses ${name}; ${instead}`),
    )
}

/** The engines' and the Sentinel protocol's words, comments included, stay where their protocols are spoken. */
export function words(source: Source): string[] {
  if (isTest(source.path) || ['engines', 'sentinel', 'sim'].includes(partOf(source.path))) return []
  const found = [...source.text.matchAll(/master|slave/gi)].map(
    ({ 0: word, index }) => `${source.path}:${lineAt(source.text, index)}: says "${word}"; our words are primary and replica`,
  )
  return /master|slave/i.test(source.path) ? [`${source.path}: is named after a word of the engines`, ...found] : found
}

export function length(source: Source): string[] {
  const lines = source.text.split('\n').length - 1
  const most = isTest(source.path) ? maxTestLines : maxLines
  return lines > most ? [`${source.path}: has ${lines} lines, at most ${most}; one noun per file`] : []
}

/** Told at the start, by a disk or by the machine: their words are not ours. */
const toldInEnglish = /^'(?:STORE_BROKEN|LISTEN_REFUSED)'/

/** What the API refuses is a sentence with a code, so that the page can tell it in any language. */
export function refusals({ path, text, code }: Source): string[] {
  if (isTest(path) || !['server', 'controller'].includes(partOf(path))) return []
  return [...code.matchAll(/new UserError\(\s*(?=[^,]*,\s*['"`])/g)]
    .filter(({ 0: start, index }) => !toldInEnglish.test(text.slice(index + start.length)))
    .map(({ index }) => `${path}:${lineAt(code, index)}: refuses with a plain text; say() it`)
}
