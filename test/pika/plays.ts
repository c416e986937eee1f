// What happened around the commands of each transcript: how its servers were prepared, and what was done to them between the commands.
import type { LogPosition } from '../../src/sim/pikaLog.ts'
import type { ClusterOptions, PikaCluster } from './cluster.ts'

export interface Play {
  readonly options?: ClusterOptions
  readonly prepare: (c: PikaCluster) => void
  /** Done at the first note that begins so. */
  readonly atNotes?: Readonly<Record<string, (c: PikaCluster) => void>>
  /** Done before the n-th command of the transcript. */
  readonly before?: Readonly<Record<number, (c: PikaCluster) => void>>
  /** Before this command the recorder took new connections. */
  readonly reconnects?: number
  /** Commands whose reply is not compared, and why. */
  readonly except?: Readonly<Record<number, string>>
}

const v = (n: number, letter = 'v'): string => letter.repeat(n)

function sets(c: PikaCluster, port: number, count: number, name: (n: number) => string, value: string): void {
  for (let n = 0; n < count; n++) c.say(port, 'SET', name(n), value)
}

/** A primary with keys of 100 bytes, and replicas whose links are up. */
function group(c: PikaCluster, primary: number, replicas: readonly number[], keys: number): void {
  c.start(primary)
  sets(c, primary, keys, (n) => `k${String(n).padStart(4, '0')}`, v(100))
  for (const port of replicas) c.start(port)
  attach(c, primary, replicas)
}

function attach(c: PikaCluster, primary: number, replicas: readonly number[]): void {
  for (const port of replicas) {
    c.say(port, 'SLAVEOF', '127.0.0.1', String(primary))
    if (!c.until(() => c.node(port).upstream?.state === 'connected', 20_000)) throw new Error(`${port} did not attach`)
    c.run(2_000)
  }
}

/** A log that ends there, without the writes that it took. */
function filledTo(c: PikaCluster, port: number, end: LogPosition): void {
  const { log, keys } = c.node(port)
  const command = ['SET', 'filler', 'f']
  keys.write('set', command)
  log.take({ start: log.end, end, command })
}

const extra = (from: number) => (c: PikaCluster) => {
  for (let n = from; n < 10; n++) c.say(9221, 'SET', `e${n}`, v(50, 'y'))
}

/** The replicas stop, the primary takes writes, dies, the replicas wake; `gets`: who had received the first of the writes. */
function stray(gets: readonly number[], then: Play['before'] = {}, options: ClusterOptions = {}): Play {
  return {
    options,
    prepare: (c) => {
      group(c, 9221, [9231, 9241], 100)
      c.freeze(9231)
      c.freeze(9241)
    },
    before: { 1: extra(1), ...then },
    atNotes: {
      'master killed, slaves continued': (c) => {
        c.run(500)
        for (const port of [9231, 9241]) if (!gets.includes(port)) c.dropWaiting(port)
        c.kill(9221)
        for (const port of [9231, 9241]) c.thaw(port)
        c.run(3_000)
      },
    },
  }
}

const ten = (c: PikaCluster, times: number, value: string): void => {
  for (let again = 0; again < times; again++) sets(c, 9231, 10, (n) => `n${n}`, value)
}

const after = (c: PikaCluster): void => {
  c.say(9231, 'SET', 'after', '1')
  c.run(500)
}

export const plays: Readonly<Record<string, Play>> = {
  '01-standalone-master': { prepare: (c) => void c.start(9221) },
  '02-info-full': {
    prepare: (c) => {
      c.start(9221)
      c.say(9221, 'SET', 'a', '1')
    },
  },
  '03-config-get': { prepare: (c) => void c.start(9221) },
  '04-config-set': { prepare: (c) => void c.start(9221) },
  '05-misc-commands': {
    prepare: (c) => {
      c.start(9221)
      c.say(9221, 'SET', 'a', '1')
    },
    except: { 7: 'the recorder read its first line only' },
  },
  '06-multi-exec-pubsub': {
    prepare: (c) => {
      c.start(9221)
      c.say(9221, 'SET', 'a', '1')
    },
  },
  '06b-pubsub': { prepare: (c) => void c.start(9221) },
  '06c-client-kill': { prepare: (c) => void c.start(9221) },
  '10-slaveof-first-sync': {
    options: { copyMs: 1_800 },
    prepare: (c) => {
      c.start(9221)
      sets(c, 9221, 100, (n) => `k${n}`, v(100))
      c.start(9231)
    },
  },
  '11-master-with-2-slaves': {
    options: { copyMs: 700 },
    prepare: (c) => {
      c.start(9221)
      sets(c, 9221, 100, (n) => `k${n}`, v(100))
      for (const port of [9231, 9241]) c.start(port)
      attach(c, 9221, [9231])
    },
    before: { 11: (c) => sets(c, 9221, 50, (n) => `k${n}`, v(100)) },
    except: { 12: 'its position in the middle of 50 writes' },
  },
  '12-slaveof-variants': {
    prepare: (c) => {
      c.start(9221)
      sets(c, 9221, 100, (n) => `k${n}`, v(100))
      for (const port of [9231, 9241]) c.start(port)
      attach(c, 9221, [9231, 9241])
      sets(c, 9221, 50, (n) => `k${n}`, v(100))
      c.run(2_000)
    },
  },
  '13-slave-commands': {
    prepare: (c) => {
      c.start(9221)
      sets(c, 9221, 100, (n) => `k${n}`, v(100))
      sets(c, 9221, 50, (n) => `k${n}`, v(100))
      c.start(9231)
      attach(c, 9221, [9231])
    },
  },
  '20-kill9-master-promote-restart-no-divergence': {
    prepare: (c) => group(c, 9221, [9231, 9241], 100),
    atNotes: {
      'kill -9 9221 done': (c) => c.kill(9221),
      'restart old master 9221': (c) => void c.start(9221),
    },
  },
  '21-rejoin-b1-no-lost-writes': {
    prepare: (c) => {
      group(c, 9221, [9231, 9241], 100)
      c.kill(9221)
    },
    before: {
      2: (c) => {
        sets(c, 9231, 20, (n) => `n${n}`, v(50, 'z'))
        c.start(9221)
      },
    },
  },
  '22-rejoin-b2-old-master-offset-larger': stray([], {
    6: (c) => sets(c, 9231, 2, (n) => `n${n}`, v(50, 'z')),
    7: (c) => void c.start(9221),
    25: after,
  }),
  '23-rejoin-b3-diverged-but-aligned-offset': stray([9231, 9241], {
    6: (c) => ten(c, 3, v(50, 'z')),
    7: (c) => void c.start(9221),
    24: after,
  }),
  '24-rejoin-b4-diverged-misaligned-offset': stray([9241], {
    6: (c) => ten(c, 3, v(53, 'z')),
    7: (c) => void c.start(9221),
    23: after,
  }),
  '25-rejoin-b5-force': stray([9231, 9241], {
    6: (c) => ten(c, 3, v(50, 'z')),
    7: (c) => void c.start(9221),
    26: after,
  }),
  '31-promote-less-advanced-slave': {
    prepare: (c) => {
      group(c, 9221, [9231, 9241], 20)
      c.freeze(9231)
      sets(c, 9221, 5, (n) => `e${n}`, v(50, 'y'))
      c.run(2_000)
      c.dropWaiting(9231)
      c.kill(9221)
      c.thaw(9231)
      c.run(3_000)
    },
    atNotes: { '9231 now takes writes': (c) => sets(c, 9231, 60, (n) => `n${n}`, v(53, 'z')) },
  },
  '40-sigstop-master': {
    prepare: (c) => group(c, 9221, [9231, 9241], 20),
    atNotes: { 'SIGSTOP 9221': (c) => c.freeze(9221), 'SIGCONT 9221': (c) => c.thaw(9221) },
    except: { 3: 'nothing was answered' },
  },
  '41-sigstop-master-failover-then-sigcont': {
    prepare: (c) => {
      group(c, 9221, [9231, 9241], 20)
      c.freeze(9221)
    },
    atNotes: { 'SIGCONT 9221': (c) => c.thaw(9221) },
  },
  '42-master-restart-in-place': {
    prepare: (c) => {
      group(c, 9221, [9231, 9241], 20)
      c.restart(9221)
      c.run(12_000)
    },
    atNotes: {
      'kill -9 slave 9231': (c) => c.kill(9231),
      'SIGTERM to master': (c) => {
        c.run(1_000)
        c.kill(9221)
        c.run(3_000)
      },
    },
    before: {
      3: (c) => {
        c.say(9221, 'SET', 'while-down', '1')
        c.start(9231)
      },
    },
    except: { 9: 'the process had gone' },
  },
  '50-large-full-sync': {
    options: { copyMs: 19_700 },
    prepare: (c) => {
      c.start(9221)
      filledTo(c, 9221, { file: 0, offset: 60_247_352 })
      c.start(9231)
      c.say(9231, 'SET', 'old-on-slave', '1')
    },
    before: { 18: (c) => void c.say(9221, 'SET', 'during', '1') },
    except: { 9: 'figures of the machine' },
  },
  '51-promote-in-the-middle-of-full-sync': {
    options: { copyMs: 4_000 },
    prepare: (c) => {
      c.start(9221)
      filledTo(c, 9221, { file: 0, offset: 60_247_352 })
      c.start(9231)
      attach(c, 9221, [9231])
      c.start(9241)
    },
    atNotes: { 'restart it': (c) => void c.restart(9241) },
  },
  '52-master-dies-in-the-middle-of-full-sync': {
    options: { copyMs: 10_000 },
    prepare: (c) => {
      c.start(9221)
      filledTo(c, 9221, { file: 0, offset: 60_247_352 })
      c.start(9241)
    },
    atNotes: { 'killed 9221': (c) => c.kill(9221), 'master back': (c) => void c.start(9221) },
    except: { 4: 'it was busy' },
  },
  '54-offsets-lag': {
    prepare: (c) => {
      c.start(9221)
      filledTo(c, 9221, { file: 0, offset: 27_039_964 })
      for (const port of [9231, 9241]) c.start(port)
      attach(c, 9221, [9231, 9241])
    },
    atNotes: {
      '9241 SIGSTOPped': (c) => {
        c.freeze(9241)
        sets(c, 9221, 20, (n) => `x${n}`, v(500))
      },
      'SIGCONT 9241': (c) => c.thaw(9241),
    },
    except: { 7: 'before it read what waited in its sockets' },
  },
  '56-binlog-rollover-purge-full-resync': {
    options: { config: { fileBytes: 1_048_576 } },
    prepare: (c) => {
      c.start(9321)
      c.start(9331)
      attach(c, 9321, [9331])
      filledTo(c, 9321, { file: 6, offset: 843_456 })
      c.run(2_000)
    },
    atNotes: {
      'slave down while': (c) => {
        c.kill(9331)
        c.run(3_000)
        filledTo(c, 9321, { file: 25, offset: 702_880 })
      },
    },
    before: { 7: (c) => void c.start(9331), 14: (c) => void c.say(9331, 'SET', 'p', '1') },
  },
  '58-fencing-writes-by-acl': {
    prepare: (c) => {
      c.start(9321)
      c.say(9321, 'SET', 'a', '1')
      c.start(9331)
      attach(c, 9321, [9331])
    },
    before: {
      18: (c) => {
        c.say(9331, 'SET', 'after', '1')
        c.run(500)
      },
      23: (c) => void c.restart(9331),
    },
  },
  '60-auth': {
    prepare: (c) => {
      c.start(9221)
      c.start(9231)
    },
    reconnects: 1,
    // The real one had crashed by then (docs/pika.md, P13).
    before: { 31: (c) => c.kill(9231) },
  },
  '61-replication-id-mismatch': {
    options: { copyMs: 3_000 },
    prepare: (c) => {
      for (const port of [9221, 9231, 9241, 9251]) c.start(port)
      attach(c, 9221, [9231])
      attach(c, 9241, [9251])
    },
  },
  '62-config-persistence': {
    prepare: (c) => group(c, 9221, [9231], 10),
    before: {
      1: (c) => void c.restart(9231),
      4: (c) => void c.restart(9231),
      6: (c) => void c.restart(9231),
      9: (c) => void c.restart(9231),
    },
  },
}

/** Why the rest of the transcripts have nothing to replay. */
export const unplayed: Readonly<Record<string, string>> = {
  '30-repoint-slave-right-after-master-death': 'figures of several runs; model.test.ts plays the recipe',
  '32-latency-around-master-death': 'figures of several runs; model.test.ts plays the recipe',
  '53-restart-time-and-early-connections': 'the time from a start until the port is open',
  '55-slaveof-noone-then-slaveof-same-master-at-once': 'figures of several runs; model.test.ts plays the recipe',
  '57-slaveof-after-error-state': 'figures of several runs; model.test.ts plays the recipe',
  '63-codis-mode': 'slots are not part of the model',
  '70-redis-sentinel-7.0.15': 'what Redis Sentinel says',
  '71-redis-sentinel-down-after-3s-flapping-under-load': 'what Redis Sentinel says',
}
