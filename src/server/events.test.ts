// The event stream: what each reader gets, what it costs us when it does not read, and how it goes on after a cut.
import assert from 'node:assert/strict'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { adminSecret, apiServer } from '../../test/api.ts'
import { testFacade } from '../../test/facade.ts'
import { billingStatus, logEntry, ordersStatus } from '../../test/samples.ts'
import { until } from '../../test/until.ts'
import { heartbeatMs, maxBacklogBytes, maxKeptBytes, maxReaders } from './events.ts'

/** The name of the server's process in the id that a stream begins with. */
function runOf(text: string): string {
  return /^id: (\w+)-\d+$/m.exec(text)?.[1] ?? 'no id'
}

/** Reads a stream until its text passes, or ends. */
async function stream(t: TestContext, url: string, headers: Record<string, string> = {}, query = '') {
  const stop = new AbortController()
  t.after(() => stop.abort())
  const response = await fetch(`${url}/events${query}`, { signal: stop.signal, headers })
  const state = { text: '', ended: false, response, stop: () => stop.abort() }
  const body = response.body
  assert.ok(body !== null)
  void (async () => {
    try {
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) state.text += chunk
    } catch {
      // Cut off or aborted: the end is what the test waits for.
    }
    state.ended = true
  })()
  return state
}

test('events: log, status, spec -> one event each with its JSON; the heartbeat is one without an id', async (t) => {
  const { url, facade, timers } = await apiServer(t)
  const reader = await stream(t, url)
  assert.match(reader.response.headers.get('content-type') ?? '', /^text\/event-stream/)
  await until('the stream is open', () => reader.text.includes('\n\n'))
  assert.equal(facade.listeners(), 1)
  const started = reader.text
  reader.text = ''
  facade.emit({ kind: 'log', entry: logEntry(61) })
  facade.emit({ kind: 'status', status: ordersStatus })
  facade.emit({ kind: 'spec', revision: 9 })
  for (const timer of timers) if (timer.ms === heartbeatMs) timer.run()
  const run = runOf(started)
  const wanted = [
    `id: ${run}-1\nevent: log\ndata: ${JSON.stringify(logEntry(61))}\n\n`,
    `id: ${run}-2\nevent: status\ndata: ${JSON.stringify(ordersStatus)}\n\n`,
    `id: ${run}-3\nevent: spec\ndata: {"revision":9}\n\n`,
    'event: beat\ndata: {}\n\n',
  ].join('')
  await until('all events came', () => reader.text.length >= wanted.length)
  assert.equal(reader.text, wanted)
})

test('events: a reader that does not read -> cut off, while another one gets everything', async (t) => {
  const { url, facade } = await apiServer(t)
  const good = await stream(t, url)
  const slow = net.connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => slow.destroy())
  let closed = false
  slow.on('close', () => (closed = true)).on('error', () => {})
  slow.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  await new Promise((resolve) => slow.once('data', resolve))
  slow.pause()
  const entry = logEntry(1, { sentence: 'x'.repeat(100_000) })
  let sent = 0
  // What the kernel's buffers take on loopback comes on top of our own limit.
  await until('the slow reader was cut off', () => {
    facade.emit({ kind: 'log', entry: { ...entry, seq: ++sent } })
    if (sent * 100_000 > maxBacklogBytes + 16 * 1_048_576) slow.resume()
    return closed
  })
  facade.emit({ kind: 'spec', revision: 77 })
  await until('the good reader got the last event', () => good.text.endsWith('event: spec\ndata: {"revision":77}\n\n'))
  assert.equal(good.text.split('event: log').length - 1, sent)
})

test('events: too many readers -> NOT_NOW; the server closes -> every reader ends', async (t) => {
  const facade = testFacade()
  const { server, url } = await apiServer(t, { facade })
  const readers = await Promise.all(Array.from({ length: maxReaders }, () => stream(t, url)))
  const refused = await fetch(`${url}/events`)
  const { detail } = (await refused.json()) as { detail: string }
  assert.equal(refused.status, 409)
  assert.match(detail, /100 readers/)
  readers[0]?.stop()
  const again = Promise.withResolvers<void>()
  void (async () => {
    for (;;) {
      const response = await fetch(`${url}/events`).catch(() => null)
      if (response?.status !== 409) break
      await response.body?.cancel()
    }
    again.resolve()
  })()
  await again.promise
  await server.close()
  await until('every reader ended', () => readers.every((reader) => reader.ended))
  assert.equal(facade.listeners(), 0)
})

// ------------------------------------------------------------------------------------------ resume

test('events: cut off and back with the last id -> exactly what was missed, then what comes', async (t) => {
  const { url, facade } = await apiServer(t)
  const first = await stream(t, url)
  await until('the stream is open', () => first.text.includes('id: '))
  facade.emit({ kind: 'spec', revision: 9 })
  await until('the first event came', () => first.text.includes('"revision":9'))
  const last =
    first.text
      .match(/id: (\S+)/g)
      ?.at(-1)
      ?.slice(4) ?? ''
  first.stop()
  for (const revision of [10, 11]) facade.emit({ kind: 'spec', revision })
  const second = await stream(t, url, { 'last-event-id': last })
  await until('what was missed came', () => second.text.includes('"revision":11'))
  facade.emit({ kind: 'spec', revision: 12 })
  await until('what is new came', () => second.text.includes('"revision":12'))
  assert.deepEqual(
    [...second.text.matchAll(/"revision":(\d+)/g)].map((match) => Number(match[1])),
    [10, 11, 12],
  )
  assert.doesNotMatch(second.text, /event: state/)
})

test('events: back after too much was missed, with an id of another run, or asking for it -> the whole state and its id', async (t) => {
  const { url, facade } = await apiServer(t)
  const fresh = await stream(t, url)
  await until('the stream is open', () => fresh.text.includes('id: '))
  const run = runOf(fresh.text)
  const entry = logEntry(1, { sentence: 'x'.repeat(10_000) })
  const many = maxKeptBytes / 10_000 + 10
  for (let sent = 0; sent < many; sent++) facade.emit({ kind: 'log', entry })
  for (const [headers, query, why] of [
    [{ 'last-event-id': `${run}-1` }, '', 'missed'],
    [{ 'last-event-id': 'another-7' }, '', 'missed'],
    [{ 'last-event-id': `${run}-99999` }, '', 'missed'],
    [{ 'last-event-id': 'nonsense' }, '?state=true', 'missed'],
    [{}, '?state=true', 'begins'],
  ] as const) {
    const reader = await stream(t, url, headers, query)
    await until('the state came', () => /event: state\n.*\n\n/.test(reader.text))
    const data = JSON.parse(/event: state\ndata: (.*)\n/.exec(reader.text)?.[1] ?? '') as Record<string, unknown>
    assert.deepEqual(data, { why, revision: 3, groups: [ordersStatus, billingStatus] })
    assert.match(reader.text, new RegExp(`id: ${run}-${Math.ceil(many)}\\nevent: state`))
    assert.doesNotMatch(reader.text, /event: log/)
    reader.stop()
  }
  // Who is up to date misses nothing.
  const back = await stream(t, url, { 'last-event-id': `${run}-${Math.ceil(many)}` }, '?state=true')
  facade.emit({ kind: 'spec', revision: 77 })
  await until('the next event came', () => back.text.includes('"revision":77'))
  assert.doesNotMatch(back.text, /event: (state|log)/)
})

test('events: nobody reads for a heartbeat -> the controller makes no more of them, and who comes back later is told the whole state', async (t) => {
  const { url, facade, timers } = await apiServer(t)
  const beat = (): void => timers.filter(({ ms }) => ms === heartbeatMs).forEach(({ run }) => run())
  assert.equal(facade.listeners(), 0)
  const reader = await stream(t, url)
  await until('the stream is open', () => reader.text.includes('id: '))
  const last = /id: (\S+)/.exec(reader.text)?.[1] ?? ''
  beat()
  assert.equal(facade.listeners(), 1)
  reader.stop()
  const stopped = (): boolean => {
    beat()
    return facade.listeners() === 0
  }
  await until('the controller is not listened to', stopped)
  const back = await stream(t, url, { 'last-event-id': last })
  await until('the state came', () => back.text.includes('event: state'))
  assert.match(back.text, /"why":"missed"/)
  assert.equal(facade.listeners(), 1)
})

test('events: a right to some groups -> only their events and state, also after a cut; the token revoked -> the stream ends', async (t) => {
  const { url, facade, timers } = await apiServer(t)
  const admin = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' }
  const made = async (body: unknown) =>
    (await (await fetch(`${url}/api/v1/tokens`, { method: 'POST', headers: admin, body: JSON.stringify(body) })).json()) as {
      id: string
      secret: string
    }
  await made({ name: 'first', role: 'admin' })
  const { id, secret } = await made({ name: 'billing', role: 'viewer', groups: ['billing'] })
  const some = { authorization: `Bearer ${secret}` }
  const reader = await stream(t, url, some, '?state=true')
  await until('the state came', () => reader.text.includes('event: state'))
  facade.emit({ kind: 'status', status: ordersStatus })
  facade.emit({ kind: 'log', entry: logEntry(61) })
  facade.emit({ kind: 'status', status: billingStatus })
  await until('its own event came', () => reader.text.includes('event: status'))
  const last = reader.text.match(/id: (\S+)/)?.[1] ?? ''
  const back = await stream(t, url, { ...some, 'last-event-id': last })
  await until('its own event came again', () => back.text.includes('event: status'))
  for (const { text } of [reader, back]) assert.doesNotMatch(text, /"orders"|event: log/)
  assert.equal((await fetch(`${url}/api/v1/tokens/${id}`, { method: 'DELETE', headers: admin, body: '{}' })).status, 200)
  for (const timer of timers) if (timer.ms === heartbeatMs) timer.run()
  await until('the streams ended', () => reader.ended && back.ended)
})
