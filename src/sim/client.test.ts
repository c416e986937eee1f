import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBatch } from './batch.ts'
import { Client } from './client.ts'
import { Dice } from './dice.ts'
import { type Conn, Net } from './net.ts'
import { Timeline } from './timeline.ts'

test('client: its write is answered -> it rests until the next; nobody answers or says where to write -> it does not', () => {
  const timeline = new Timeline()
  const net = new Net(timeline, Dice.of(1))
  let answers = true
  const from: Conn[] = []
  net.listen('n1:1', {
    host: 'n1',
    listening: true,
    connected: () => undefined,
    ended: () => undefined,
    accepted: (conn) => void from.push(conn),
    received: (conn, message) => {
      if (answers && isBatch(message)) conn.answer({ kind: 'replies', tag: message.tag, values: ['OK'] })
    },
  })
  const setup = { name: 'c1', host: 'app1', follows: true, gapMs: 1000, valueBytes: 1, clingsTo: null } as const
  const client = new Client(setup, net, Dice.of(2), { acked: () => undefined })
  while (timeline.step(1_000));
  assert.equal(client.rests, false)
  client.told({ group: 'g', epoch: 1, primary: { node: 'n1', host: 'n1', port: 1 }, replicas: [], at: 0 })
  while (client.acks < 3) assert.ok(timeline.step(20_000))
  assert.deepEqual([client.rests, from.length], [true, 1])
  answers = false
  while (timeline.step(timeline.now + 30_000) && timeline.now < 60_000);
  assert.deepEqual([client.rests, client.acks], [false, 3])
})
