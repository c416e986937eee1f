import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RespError } from '../resp/value.ts'
import { describeFailure, failureOfSocket, refusalOfAuth, refusalOfConnection } from './outcome.ts'

function systemError(code: string, extra: object = {}): Error {
  return Object.assign(new Error(`connect ${code} 10.0.0.1:6379`), { code, ...extra })
}

test('outcome: a socket error -> what it says about the node, and nothing more', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'closed'],
    ['EPIPE', 'closed'],
    ['ETIMEDOUT', 'silent'],
    ['EHOSTUNREACH', 'silent'],
    ['ENETUNREACH', 'unasked NO_ROUTE'],
    ['EMFILE', 'unasked EMFILE'],
    ['ENOTFOUND', 'unasked DNS'],
    ['EAI_FAIL', 'unasked DNS'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'answered TLS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'answered TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'answered TLS'],
    ['EPERM', 'unasked EPERM'],
    ['ESOMETHINGNEW', 'unasked ESOMETHINGNEW'],
  ]
  for (const [code, expected] of cases) {
    const failure = failureOfSocket(systemError(code))
    assert.equal('code' in failure ? `${failure.kind} ${failure.code}` : failure.kind, expected)
  }
})

test('outcome: a name with several addresses -> the least proof counts, an address that could not be asked does not', () => {
  const all = (...codes: string[]): string => failureOfSocket(new AggregateError(codes.map((code) => systemError(code)))).kind
  assert.equal(all('ECONNREFUSED', 'ECONNREFUSED'), 'refused')
  assert.equal(all('ECONNREFUSED', 'ETIMEDOUT'), 'silent')
  assert.equal(all('ENETUNREACH', 'ECONNREFUSED'), 'refused')
  assert.equal(all('ENETUNREACH', 'ENETUNREACH'), 'unasked')
})

test('outcome: a TLS failure of OpenSSL -> its reason, without the names of its sources', () => {
  const failure = failureOfSocket(systemError('ERR_SSL_WRONG_VERSION_NUMBER', { reason: 'wrong version number' }))
  assert.deepEqual(describeFailure(failure), { code: 'TLS', message: 'the TLS handshake failed: wrong version number' })
})

test('outcome: AUTH refused with its arguments repeated -> neither code nor message repeats them', () => {
  const error = new RespError("ERR unknown command 'AUTH', with args beginning with: 'hunter2'")
  assert.equal(JSON.stringify(refusalOfAuth(error)).includes('hunter2'), false)
  assert.equal(JSON.stringify(refusalOfAuth(new RespError('hunter2'))).includes('hunter2'), false)
  assert.equal(JSON.stringify(refusalOfAuth(new RespError('HUNTER2'))).includes('HUNTER2'), false)
})

test('outcome: a node that wants no password -> spoken to without one', () => {
  const redis =
    'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?'
  assert.equal(refusalOfAuth(new RespError(redis)), null)
  assert.equal(refusalOfAuth(new RespError('ERR Client sent AUTH, but no password is set')), null)
})

test('outcome: errors of commands -> no refusal of the connection', () => {
  assert.equal(refusalOfConnection(new RespError('LOADING Redis is loading the dataset in memory')), null)
  assert.equal(refusalOfConnection(new RespError('NOAUTH Authentication required.')), null)
})
