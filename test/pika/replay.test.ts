// Every transcript of a real Pika, command by command, against the model that the test server and the simulator run.
import { strict as assert } from 'node:assert'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PikaClient } from '../../src/sim/pikaCommands.ts'
import { PikaCluster } from './cluster.ts'
import { type Play, plays, unplayed } from './plays.ts'
import { type Entry, entriesOf, settled, shown } from './transcript.ts'

const folder = join(import.meta.dirname, 'transcripts')
const names = readdirSync(folder).map((file) => file.replace(/\.txt$/, ''))

/** A poll saw it some time; an INFO stood so about then. */
const polledWithinMs = 20_000
const aboutThenMs = 3_000

/** Sections that nobody needs, values of the clock, addresses of connections, and what was not answered. */
function incomparable(command: readonly string[], reply: string): boolean {
  const [name = '', first = ''] = command.map((word) => word.toLowerCase())
  if (reply === '' || reply.startsWith('!!') || name === 'time') return true
  if (name === 'client' && (first === 'list' || /127\.0\.0\.1:\d+/.test(command.join(' ')))) return true
  const sections = ['server', 'data', 'keyspace', 'replication', 'nosuch', 'default', 'everything', 'persistence', 'memory', 'log']
  return name === 'info' && !sections.includes(first)
}

type Asked = Extract<Entry, { kind: 'command' }>

class Replay {
  readonly cluster: PikaCluster
  readonly play: Play
  readonly differs: string[] = []
  compared = 0
  #began = 0
  readonly #clients = new Map<number, PikaClient>()
  readonly #of = new Map<number, unknown>()

  constructor(play: Play) {
    this.play = play
    this.cluster = new PikaCluster(play.options ?? {})
    play.prepare(this.cluster)
    this.#began = this.cluster.time.now
  }

  run(entries: readonly Entry[]): void {
    let index = 0
    const first = entries.find((entry) => entry.kind === 'command')
    this.#began -= (first?.at ?? 0) * 1000
    for (const entry of entries) {
      if (entry.kind === 'note') {
        const name = Object.keys(this.play.atNotes ?? {}).find((text) => entry.text.startsWith(text))
        if (name !== undefined) this.play.atNotes?.[name]?.(this.cluster)
        continue
      }
      this.#step(entry, index)
      index++
    }
  }

  #step(entry: Asked, index: number): void {
    const { cluster } = this
    // A SLAVEOF that takes its time does what it does at the end of it.
    const held = entry.command[0] === 'SLAVEOF' ? entry.took : 0
    if (!entry.changed) cluster.run(Math.max(0, this.#began + entry.at * 1000 + held - cluster.time.now))
    this.play.before?.[index]?.(cluster)
    if (this.play.reconnects === index) this.#clients.clear()
    const wanted = settled(entry.reply)
    const skip = incomparable(entry.command, entry.reply) || this.play.except?.[index] !== undefined
    let got = ''
    const matches = (): boolean => {
      got = settled(shown(this.#ask(entry)))
      return got === wanted
    }
    if (skip) return void (entry.reply.startsWith('!!') ? undefined : matches())
    this.compared++
    const polled = entry.command[0] === 'INFO'
    const same = polled ? cluster.until(matches, entry.changed ? polledWithinMs : aboutThenMs) : matches()
    if (!same) this.differs.push(`${index} [+${entry.at}] ${entry.port}> ${entry.command.join(' ')}\nwanted:\n${wanted}\ngot:\n${got}`)
  }

  #ask(entry: Asked): string {
    const { cluster } = this
    const [name = ''] = entry.command
    const node = cluster.node(entry.port)
    let client = this.#clients.get(entry.port)
    // Connections ended with their server; after a transaction that was left open the recorder took a new one.
    const left = client?.queue !== null && !entry.reply.startsWith('+QUEUED') && !entry.reply.startsWith('-') && !/exec|discard/i.test(name)
    // A subscriber's commands are its own.
    const other = client !== undefined && client.channels.size > 0 && ['PUBLISH', 'PUBSUB'].includes(name)
    if (other) return cluster.say(entry.port, ...entry.command)
    if (client === undefined || left || this.#of.get(entry.port) !== node) {
      client = cluster.client(entry.port)
      this.#clients.set(entry.port, client)
      this.#of.set(entry.port, node)
    }
    const reply = cluster.ask(entry.port, client, entry.command).toString('utf8')
    if (name === 'QUIT') this.#clients.delete(entry.port)
    return reply
  }
}

for (const name of names) {
  const play = plays[name]
  if (play === undefined) continue
  test(`transcript ${name}: the model answers what the real Pika answered`, () => {
    const replay = new Replay(play)
    replay.run(entriesOf(readFileSync(join(folder, `${name}.txt`), 'utf8')))
    assert.deepEqual(replay.differs, [])
    assert.ok(replay.compared > 0, 'something was compared')
  })
}

test('transcripts: each is replayed, or has a reason', () => {
  assert.deepEqual(
    names.filter((name) => !(name in plays) && !(name in unplayed)),
    [],
  )
})
