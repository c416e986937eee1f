// What the tests of the faces are shown: two groups, their statuses, plans and an entry of their history.
import type { GroupSpec, LogEntry } from '../src/core/model.ts'
import type { GroupStatus, NodeStatus } from '../src/core/status.ts'
import type { StopPlan } from '../src/core/stopPlan.ts'
import { type Worded, say, worded } from '../src/core/said.ts'
import type { Vitals } from '../src/server/metrics.ts'

/** 2026-11-22 07:00:00 UTC. */
export const testTime = Date.UTC(2026, 10, 22, 7, 0, 0)

export const ordersSpec: GroupSpec = {
  id: 'orders',
  engine: 'redis',
  nodes: [nodeSpec('a', 6379), nodeSpec('b', 6380), nodeSpec('c', 6381)],
  credential: null,
  tls: false,
  policy: { silentAfterMs: 900 },
  pause: null,
}

/** A sentence of a test, as the controller gives one. */
export function plainly(text: string): Worded {
  return worded(say('text', { text }))
}

function nodeSpec(id: string, port: number): GroupSpec['nodes'][number] {
  return { id, host: '127.0.0.1', port, site: 's1', priority: 100, maintenanceUntil: null, overwrite: false }
}

export function nodeStatus(id: string, port: number, change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    id,
    address: { host: '127.0.0.1', port },
    site: 's1',
    role: 'replica',
    health: 'up',
    problem: null,
    problemSaid: null,
    inSync: true,
    linkUp: true,
    lagBytes: 0,
    follows: { node: 'a', host: '127.0.0.1', port: 6379, linkUp: true, syncing: false },
    attached: [],
    keys: 1200,
    incarnation: `${id}-1`,
    offset: 4711,
    version: '7.0.15',
    maintenance: null,
    lastReplyAgoMs: 120,
    opsPerSec: 1500,
    usedMemoryBytes: 2_097_152,
    probeMs: 0.5,
    ...change,
  }
}

/** A healthy group of three. */
export const ordersStatus: GroupStatus = {
  group: 'orders',
  engine: 'redis',
  state: 'healthy',
  diagnosis: 'all well',
  ...plainly('a is primary; b and c follow in sync'),
  evidence: { primary: 'a', inSync: 3 },
  epoch: 4,
  phase: 'steady',
  primary: 'a',
  candidate: null,
  writable: true,
  guard: { recorded: 1, set: 1 },
  inSync: ['a', 'b', 'c'],
  record: {
    at: testTime - 5000,
    writer: 'w',
    incarnation: 'a-1',
    hasData: true,
    fenced: true,
    cause: null,
    loss: null,
    lossSaid: null,
    failovers: [],
  },
  pause: null,
  scheduled: null,
  failback: null,
  roll: null,
  verdict: { rule: 'steady.well', kind: 'decision', ...plainly('nothing to do'), evidence: {}, at: testTime - 5000 },
  nodes: [nodeStatus('a', 6379, { role: 'primary', linkUp: null, lagBytes: null }), nodeStatus('b', 6380), nodeStatus('c', 6381)],
  recoveries: [],
  passage: { running: null, last: null },
  warnings: [],
  warningsSaid: [],
  specRevision: 3,
  doctor: {
    at: testTime - 180_000,
    nextAt: testTime + 420_000,
    findings: [],
    unexamined: [],
  },
}

/** After a failover: the old primary is on its way back. */
export const billingStatus: GroupStatus = {
  ...ordersStatus,
  group: 'billing',
  state: 'degraded',
  diagnosis: 'replica returning',
  ...plainly('b is primary; a returns as its replica'),
  epoch: 7,
  primary: 'b',
  guard: { recorded: 0, set: 0 },
  inSync: ['b'],
  pause: { until: testTime + 1_800_000, by: 'cli:ann', why: 'moving racks' },
  verdict: {
    rule: 'failover.dead',
    kind: 'decision',
    ...plainly('a is dead, proven: promoted b'),
    evidence: { refused: 3, 'b.offset': 81_234, lost: null },
    at: testTime - 61_000,
  },
  nodes: [
    nodeStatus('a', 7001, { problem: 'full sync in progress', inSync: false, linkUp: false, lagBytes: null, keys: null }),
    nodeStatus('b', 7002, { role: 'primary', site: null, linkUp: null, lagBytes: null }),
  ],
  recoveries: [
    {
      node: 'a',
      startedAt: testTime - 2000,
      endedAt: null,
      steps: [
        { name: 'seen', state: 'done', afterMs: 0, note: null, noteSaid: null },
        { name: 'fenced', state: 'skipped', afterMs: null, note: 'closed by its own boot fence', noteSaid: null },
        { name: 'demoted', state: 'done', afterMs: 350, note: null, noteSaid: null },
        { name: 'role persisted', state: 'done', afterMs: 352, note: null, noteSaid: null },
        { name: 'link up', state: 'now', afterMs: null, note: 'receiving 12 MB', noteSaid: null },
        { name: 'in sync', state: 'waiting', afterMs: null, note: null, noteSaid: null },
      ],
    },
  ],
  warnings: ['node a has no append-only file: switch it on, or a restart empties it'],
  specRevision: 3,
  doctor: {
    at: testTime - 60_000,
    nextAt: testTime + 540_000,
    findings: [
      {
        id: 'timeout.keepalive',
        severity: 'advice',
        node: 'b',
        ...plainly('b never asks whether a silent client still exists'),
        wayOut: '300 s is the default',
        wayOutSaid: plainly('300 s is the default').said,
        commands: ['redis-cli -h 127.0.0.1 -p 7002 CONFIG SET tcp-keepalive 300'],
      },
    ],
    unexamined: [{ node: 'a', why: 'it does not answer', whySaid: say('unexamined.mute') }],
  },
}

export function logEntry(seq: number, change: Partial<LogEntry> = {}): LogEntry {
  return {
    seq,
    at: testTime - 100_000 + seq * 1000,
    group: 'orders',
    epoch: 4,
    kind: 'decision',
    rule: 'steady.well',
    sentence: `entry ${seq}`,
    evidence: {},
    ...change,
  }
}

/** What a process says of itself. */
export const testVitals: Vitals = {
  cpuSeconds: 12.5,
  residentBytes: 98_000_000,
  heapBytes: 31_000_000,
  startedAt: testTime / 1000 - 60,
  loopDelay: { p50: 0.0101, p99: 0.0125, max: 0.031 },
}

export const testTotals = {
  probes: { reading: 900, answered: 0, refused: 3, closed: 1, silent: 0, unasked: 0 },
  moves: new Map([['billing', { failovers: 2, switchovers: 1 }]]),
}

export const safePlan: StopPlan = {
  group: 'orders',
  what: 'dies',
  nodes: ['a'],
  safety: 'safe',
  ...plainly('b would take over from a'),
  outcomes: [
    {
      when: 'a dies',
      whenSaid: plainly('a dies').said,
      rule: 'steady.lost/elect.inSync',
      ...plainly('promote b'),
      primary: 'b',
      loss: null,
      lossSaid: null,
      writes: { stop: 'moment', waitsMs: 2 },
    },
    {
      when: 'a falls silent',
      whenSaid: plainly('a falls silent').said,
      rule: 'steady.lost/elect.inSync',
      ...plainly('promote b'),
      primary: 'b',
      loss: 'a may accept writes',
      lossSaid: plainly('a may accept writes').said,
      writes: { stop: 'moment', waitsMs: 1152 },
    },
  ],
  reasons: [],
  reasonsSaid: [],
  first: [],
  stop: [],
  start: [],
}

export const riskyPlan: StopPlan = {
  ...safePlan,
  group: 'billing',
  what: 'stops',
  nodes: ['a', 'b'],
  safety: 'risk',
  ...plainly('nobody could take over'),
  outcomes: [
    {
      when: 'a, b are stopped',
      whenSaid: plainly('a, b are stopped').said,
      rule: 'steady.healthy',
      ...plainly('c is primary'),
      primary: 'c',
      loss: null,
      lossSaid: null,
      writes: { stop: 'no' },
    },
    {
      when: 'c dies meanwhile',
      whenSaid: plainly('c dies meanwhile').said,
      rule: 'steady.lost/elect.nobody',
      ...plainly('c refuses connections; nobody can be promoted'),
      primary: null,
      loss: null,
      lossSaid: null,
      writes: { stop: 'until' },
    },
  ],
  reasons: ['if c dies meanwhile: nobody can be promoted'],
  first: ['regroup maintain billing/a --for 30m', 'regroup maintain billing/b --for 30m'],
  stop: ['b', 'a'],
  start: ['a', 'b'],
}
