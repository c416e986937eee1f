// What a person reads when the command and the server do not speak the same, or nobody vouches for the server.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer as plainServer } from 'node:http'
import { createServer as tlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { makeCertificates } from '../../test/servers/certificates.ts'
import { UserError } from '../errors.ts'
import { Client } from './client.ts'

type Listening = ReturnType<typeof plainServer> | ReturnType<typeof tlsServer>

async function portOf(t: TestContext, server: Listening): Promise<number> {
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function tlsPort(t: TestContext): Promise<number> {
  const files = makeCertificates()
  t.after(() => files.remove())
  return await portOf(t, tlsServer({ cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) }))
}

const failsWith = (message: RegExp) => (error: unknown) =>
  error instanceof UserError && error.code === 'NO_SERVER' && message.test(error.message)

test('client: a server whose certificate nobody vouches for -> the variable that names its authority', async (t) => {
  const client = new Client(`https://127.0.0.1:${await tlsPort(t)}`, 'test', null)
  await assert.rejects(
    client.get('/'),
    failsWith(/^https:\/\/127\.0\.0\.1:\d+: nobody whom this machine trusts .* NODE_EXTRA_CA_CERTS=ca\.pem$/),
  )
})

test('client: http to a server that speaks TLS, and https to one that does not -> the other scheme', async (t) => {
  const client = new Client(`http://127.0.0.1:${await tlsPort(t)}`, 'test', null)
  await assert.rejects(client.get('/'), failsWith(/ended the connection\. If it speaks TLS, say https:\/\/ in --server or REGROUP_SERVER$/))
  const plain = new Client(`https://127.0.0.1:${await portOf(t, plainServer())}`, 'test', null)
  await assert.rejects(plain.post('/', {}), failsWith(/it does not speak TLS; say http:\/\/ in --server or REGROUP_SERVER$/))
})
