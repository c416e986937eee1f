import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CredentialBook } from './credentialBook.ts'
import { loadSettings, loadToStart } from './settings.ts'

interface Opened {
  readonly dir: string
  readonly book: CredentialBook
  readonly write: (text: string) => void
}

function opened(t: TestContext, text: string): Opened {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-book-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'regroup.yaml')
  const write = (next: string): void => {
    writeFileSync(file, next)
    chmodSync(file, 0o600)
  }
  write(text)
  return { dir, book: new CredentialBook(loadSettings(file, {}).settings, () => loadSettings(file, {})), write }
}

const passwords = (book: CredentialBook, name: string): string[] => book.of(name).map(({ password }) => password)
const used = new Map([['main', ['shop']]])

test('credentials: a next one is written and read -> tried after the first; then it is the only one', (t) => {
  const { book, write } = opened(t, 'credentials: { main: { username: u, password: a }, other: { password: x } }\n')
  assert.deepEqual([passwords(book, 'main'), book.has('nobody'), passwords(book, 'nobody')], [['a'], false, []])
  const other = book.of('other')
  write('credentials: { main: { username: u, password: a, next: { password: b } }, other: { password: x } }\n')
  assert.deepEqual(book.reload(used, true).changed, ['main'])
  assert.deepEqual(passwords(book, 'main'), ['a'], 'only asked')
  assert.deepEqual(book.reload(used, false), { changed: ['main'], restart: [], warnings: [] })
  assert.deepEqual(book.of('main'), [
    { username: 'u', password: 'a' },
    { username: 'u', password: 'b' },
  ])
  assert.equal(book.of('other'), other, 'what did not change is the same, so that a link that remembers it goes on')
  write('credentials: { main: { username: u, password: b }, other: { password: x } }\n')
  book.reload(used, false)
  assert.deepEqual(passwords(book, 'main'), ['b'])
  assert.deepEqual(book.reload(used, false).changed, [])
})

test('credentials: a file with mistakes, or without what a group names -> refused, and what was read before stays', (t) => {
  const { book, write } = opened(t, 'credentials: { main: { password: a } }\n')
  write('credentials: { main: { password: b, nxt: {} } }\n')
  assert.throws(() => book.reload(used, false), { code: 'BAD_SETTINGS' })
  write('credentials: { mian: { password: b } }\n')
  assert.throws(() => book.reload(used, false), {
    code: 'BAD_SETTINGS',
    details: ['credential main is not there, but groups name it: shop'],
  })
  assert.deepEqual([passwords(book, 'main'), book.has('mian')], [['a'], false])
})

test('credentials: other sections changed too -> named, since they need a restart', (t) => {
  const { book, write } = opened(t, 'log: { level: info }\ncredentials: { main: { password: a } }\n')
  write('log: { level: warn }\ndefaults: { guard: off }\ncredentials: { main: { password: a } }\n')
  assert.deepEqual(book.reload(used, false), { changed: [], restart: ['log', 'defaults'], warnings: [] })
})

test('credentials: the certificate of the server is being renewed, its files are no pair or not there -> read all the same; a start is refused', (t) => {
  const text = (password: string): string => `listen: { cert: own.pem, key: own.key }\ncredentials: { main: { password: ${password} } }\n`
  const { dir, book, write } = opened(t, text('a'))
  const starts = (): unknown => loadToStart(join(dir, 'regroup.yaml'), {})
  write(text('b'))
  assert.deepEqual(book.reload(used, false), { changed: ['main'], restart: [], warnings: [] })
  assert.throws(starts, { code: 'BAD_SETTINGS', message: /has 2 problems$/ })
  for (const name of ['own.pem', 'own.key']) writeFileSync(join(dir, name), 'half a file')
  write(text('c'))
  assert.deepEqual(book.reload(used, false).changed, ['main'])
  assert.deepEqual(passwords(book, 'main'), ['c'])
  assert.throws(starts, { code: 'BAD_SETTINGS', message: /has a problem$/ })
})
