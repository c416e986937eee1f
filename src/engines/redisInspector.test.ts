// What the doctor asks of Redis, beside what regroup says to it otherwise.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Action } from '../core/action.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import { redis } from './redis.ts'
import { redisInspector } from './redisInspector.ts'

const target = { host: '10.0.0.1', port: 1 }
const mark = { installation: 'i', group: 'g', epoch: 1, seq: 1 }
/** The compiler keeps it complete. */
const actions: { readonly [Name in Action['name']]: Extract<Action, { name: Name }> } = {
  promote: { name: 'promote', bootFence: true },
  open: { name: 'open', guard: 1, bootFenced: true },
  guard: { name: 'guard', guard: 1 },
  follow: { name: 'follow', target },
  demote: { name: 'demote', target, cutClients: true, resumeWrites: true, persist: true },
  fence: { name: 'fence', cutClients: true },
  bootFence: { name: 'bootFence' },
  persist: { name: 'persist' },
  pauseWrites: { name: 'pauseWrites', forMs: 1 },
  resumeWrites: { name: 'resumeWrites' },
  proveLink: { name: 'proveLink' },
  mark: { name: 'mark', mark },
  cutOlder: { name: 'cutOlder' },
  release: { name: 'release' },
}

/** `CLIENT KILL`, `SET`: what rights are given by. */
function wordsOf([word = '', second = '']: readonly string[]): string {
  return word === 'CONFIG' || word === 'CLIENT' ? `${word} ${second}` : word
}

const { questions, trial, read, mayTry, grant } = redisInspector
const asked = new Set([...questions, ...trial].map(wordsOf))

test('everything that regroup says to a node -> is asked or tried by the doctor, and granted by its line', () => {
  const said = [...redis.probe, ...Object.values(actions).flatMap((action) => redis.script(action).commands)]
  const rights = grant('somebody')
  for (const command of [...said, ['CLIENT', 'SETNAME', 'x'], ['MULTI'], ['EXEC'], ...questions]) {
    const words = wordsOf(command)
    assert.ok(asked.has(words), `${words} is not tried`)
    assert.match(rights, new RegExp(`\\+${words.toLowerCase().replace(' ', '\\|')}(?:'| |$)`), words)
  }
})

test('the rights in both READMEs -> those of the line that the doctor prints', () => {
  const rights = grant('regroup').replace('ACL SETUSER regroup ', '').replaceAll("'", '')
  for (const name of ['README.md', 'README.zh-CN.md']) {
    const page = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
    assert.ok(page.includes(`user regroup on >PASSWORD ${rights}\n`), name)
  }
})

/** Replies to all questions, with these in place of the last four: MULTI, EXEC, MULTI, GET. */
const replies = (...last: readonly RespValue[]): RespValue[] => [...questions.slice(0, -4).map(() => ''), ...last]
const noperm = new RespError("NOPERM this user has no permissions to run the 'x' command")

test('a transaction that was not opened, or executes what it should collect -> nothing is tried', () => {
  assert.equal(mayTry(replies('OK', [], 'OK', 'QUEUED')), true)
  assert.equal(mayTry(replies('OK', [], 'OK', noperm)), true)
  assert.equal(mayTry(replies('OK', [], 'OK', 'v1 i g 1 1')), false)
  assert.equal(mayTry(replies('OK', [], 'OK', null)), false)
  assert.equal(mayTry(replies(noperm, noperm, noperm, null)), false)
  assert.equal(mayTry([]), false)
})

test('refusals -> forbidden by right, missing by name, each once; what was not tried is neither', () => {
  const aborted = new RespError("EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run the 'exec' command")
  const unknown = new RespError("ERR unknown command 'REPLICAOF', with args beginning with: ")
  const { forbidden, missing } = read(replies('OK', aborted, 'OK', 'QUEUED'), [unknown, noperm, 'QUEUED', new RespError('LOADING x')])
  assert.deepEqual([forbidden, missing], [['EXEC', 'CONFIG SET'], ['REPLICAOF']])
  assert.deepEqual(read([], []), { forbidden: [], missing: [], facts: null })
})
