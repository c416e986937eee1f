import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatAddress, isHost, parseAddress } from './address.ts'
import { defaults } from './limits.ts'
import type { GroupSpec, NodeSpec, Roll, Policy } from './model.ts'
import { policyKeys, policyRanges } from './policyRanges.ts'
import { inEnglish } from './said.ts'
import { checkSpec, diffSpec, specProblems } from './spec.ts'

const check = (...spec: Parameters<typeof checkSpec>): string[] => checkSpec(...spec).map(inEnglish)
const diff = (...specs: Parameters<typeof diffSpec>) => diffSpec(...specs).map(({ group, change, what }) => ({ group, change, what }))

function node(id: string, port: number, change: Partial<NodeSpec> = {}): NodeSpec {
  return { id, host: '127.0.0.1', port, site: null, priority: 100, maintenanceUntil: null, overwrite: false, ...change }
}

function group(id: string, nodes: readonly NodeSpec[], change: Partial<GroupSpec> = {}): GroupSpec {
  return { id, engine: 'redis', nodes, credential: null, tls: false, policy: {}, pause: null, ...change }
}

const x = group('x', [node('a', 1), node('b', 2)])

test('spec: good groups, one of a single node -> no problem', () => {
  assert.deepEqual(check([x, group('Y.2_z-', [node('a', 3)])]), [])
})

test('spec: an address in two groups, and twice in one -> each named with its owner', () => {
  const y = group('y', [node('c', 1), node('d', 4), node('e', 4)])
  assert.deepEqual(check([x, y]), [
    'node c of group y is 127.0.0.1:1, which is node a of group x',
    'node e of group y is 127.0.0.1:4, which is node d',
  ])
})

test('spec: the same host in capitals, an IPv6 host -> still one address', () => {
  const upper = specProblems([group('x', [node('a', 1, { host: 'db' }), node('b', 1, { host: 'DB' })])])
  assert.deepEqual(upper.at(-1)?.path, [0, 'nodes', 1, 'address'])
  assert.equal(inEnglish(upper.at(-1)?.message ?? assert.fail('no problem')), 'node b of group x is DB:1, which is node a')
  assert.deepEqual(check([group('x', [node('a', 1, { host: '::1' }), node('b', 1, { host: '::1' })])]), [
    'node b of group x is [::1]:1, which is node a',
  ])
})

test('spec: many mistakes in many groups -> all of them, each with its place', () => {
  const bad = group('b d', [node('a', 0), node('a', 70_000, { host: '256.1.1.1', site: ' ', priority: -1 })], {
    credential: 'a/b',
    policy: { probeEveryMs: 1, silentAfterMs: 1.5, guard: 'maybe', nope: 3 } as unknown as Partial<Policy>,
  })
  assert.deepEqual(
    specProblems([bad, group('x', []), x]).map(({ path, message }) => `${path.join('.')}: ${inEnglish(message)}`),
    [
      '0.name: group "b d": the name must be a name of at most 63 letters, digits, ".", "_" and "-", a letter or digit first',
      '0.credential: group "b d": credential "a/b" must be a name of at most 63 letters, digits, ".", "_" and "-", a letter or digit first',
      '0.policy.probeEveryMs: group "b d": probeEveryMs is 1; allowed are 20 to 10000 ms: faster only burdens the node, slower cannot notice a death in time',
      '0.policy.silentAfterMs: group "b d": silentAfterMs is 1.5; allowed are 100 to 120000 ms: below it a pause of the network looks like a death, above it nobody is helped',
      '0.policy.guard: group "b d": guard is maybe; allowed are auto, on, off',
      '0.policy.nope: group "b d": nope is not a key of a policy',
      '0.policy.silentAfterMs: group "b d": silentAfterMs is 1.5, but must be at least 3, three times probeEveryMs (1): one lost answer is not a death',
      '0.nodes.0.address: node a of group "b d" has the port 0; ports are 1 to 65535',
      '0.nodes.1.address: node a of group "b d" has the host 256.1.1.1, which is no host name or IP address',
      '0.nodes.1.address: node a of group "b d" has the port 70000; ports are 1 to 65535',
      '0.nodes.1.priority: node a of group "b d" has the priority -1; allowed are whole numbers from 0 (never promoted) to 1000000',
      '0.nodes.1.site: node a of group "b d" has the site " "; it must be a name of at most 63 letters, digits, ".", "_" and "-", a letter or digit first',
      '1.nodes: group x needs at least one node',
      '0.nodes.1.name: group "b d" has two nodes named a',
      '2.name: group x is there twice',
    ],
  )
})

test('spec: silence of less than three probes -> refused, whichever of the two was set, also against the defaults', () => {
  assert.deepEqual(check([group('x', [node('a', 1)], { policy: { silentAfterMs: 750 } })]), [])
  for (const policy of [{ silentAfterMs: 749 }, { probeEveryMs: 334 }, { probeEveryMs: 400, silentAfterMs: 1199 }]) {
    assert.match(check([group('x', [node('a', 1)], { policy })]).join(), /must be at least \d+, three times probeEveryMs/)
  }
  assert.deepEqual(check([x], [], { probeEveryMs: 500, silentAfterMs: 1000 }).length, 1)
})

test('spec: every node of priority 0 -> refused; one that may be promoted -> allowed', () => {
  const nodes = [node('a', 1, { priority: 0 }), node('b', 2, { priority: 0 })]
  assert.match(check([group('x', nodes)]).join(), /only nodes of priority 0/)
  assert.deepEqual(check([group('x', [...nodes, node('c', 3)])]), [])
})

test('policy: every key of the defaults -> known, and the defaults are in range', () => {
  assert.deepEqual(policyKeys.toSorted(), Object.keys(defaults).toSorted())
  assert.deepEqual(check([group('x', [node('a', 1)], { policy: defaults })]), [])
  for (const [key, range] of Object.entries(policyRanges)) assert.ok(range.min < range.max, key)
})

test('diff: the same spec -> nothing; every kind of difference -> one sentence each', () => {
  assert.deepEqual(diff([x], [x]), [])
  const pause = { until: Date.UTC(2026, 0, 2, 3, 4, 5), by: 'ann', why: 'move' }
  const after = group(
    'x',
    [
      node('a', 9, {
        site: 's1',
        priority: 10,
        maintenanceUntil: Date.UTC(2026, 0, 1),
        maintenanceNote: { by: 'ann', why: 'new kernel' },
        overwrite: true,
      }),
      node('c', 3, { host: '::1', priority: 0 }),
    ],
    { engine: 'valkey', credential: 'main', tls: true, policy: { guard: 'on', bootFence: false }, pause },
  )
  assert.deepEqual(diff([x, group('old', [node('a', 5)])], [after, group('new', [node('a', 6)])]), [
    {
      group: 'x',
      change: 'change',
      what: [
        'engine redis -> valkey',
        'credential none -> main',
        'TLS off -> on',
        'bootFence default -> false',
        'guard default -> on',
        'paused until 2026-01-02 03:04:05Z by ann: move',
        'node b (127.0.0.1:2) removed',
        'node a: address 127.0.0.1:1 -> 127.0.0.1:9',
        'node a: site none -> s1',
        'node a: priority 100 -> 10',
        'node a: in maintenance until 2026-01-01 00:00:00Z by ann: new kernel',
        'node a: what it holds may be overwritten',
        'node c ([::1]:3) added',
        'node c: priority 100 -> 0',
      ],
    },
    { group: 'old', change: 'remove', what: ['removed with node a (127.0.0.1:5)'] },
    { group: 'new', change: 'add', what: ['added as redis with node a (127.0.0.1:6)'] },
  ])
  assert.deepEqual(diff([{ ...x, pause }], [x]), [{ group: 'x', change: 'change', what: ['the pause ends'] }])
  const roll: Roll = { since: 1, by: 'ann', why: 'new kernel', was: [{ node: 'a', incarnation: 'a1' }], turn: null }
  const turn = { node: 'a', epoch: 1, until: 2 }
  const rolls: [Roll | undefined, Roll | undefined, string][] = [
    [undefined, roll, 'a rolling restart begins, by ann: new kernel'],
    [roll, { ...roll, turn }, 'node a is to be restarted'],
    [{ ...roll, turn }, { ...roll, turn, since: 2 }, 'a rolling restart goes on, by ann: new kernel'],
    [roll, undefined, 'the rolling restart ends'],
  ]
  const rolling = (of: Roll | undefined): GroupSpec => (of === undefined ? x : { ...x, roll: of })
  for (const [was, is, what] of rolls)
    assert.deepEqual(diff([rolling(was)], [rolling(is)]), [{ group: 'x', change: 'change', what: [what] }])
  const scheduled = { at: Date.UTC(2026, 0, 2), to: 'b', by: 'ann', why: '' }
  const asked = [{ group: 'x', change: 'change', what: ['a switchover to b is scheduled for 2026-01-02 00:00:00Z by ann'] }]
  assert.deepEqual(diff([x], [{ ...x, scheduled }]), asked)
  assert.deepEqual(diff([{ ...x, scheduled }], [x])[0]?.what, ['no switchover is scheduled any more'])
})

test('diff: two specs that differ -> never empty; the same -> always empty', () => {
  const nodes = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      host: fc.constantFrom('h1', '::1'),
      port: fc.integer({ min: 1, max: 3 }),
      site: fc.constantFrom(null, 's'),
      priority: fc.constantFrom(0, 100),
      maintenanceUntil: fc.constantFrom(null, 5),
      overwrite: fc.boolean(),
    }),
    { selector: (node) => node.id, minLength: 1 },
  )
  const spec = fc.record({
    id: fc.constant('x'),
    engine: fc.constantFrom('redis' as const, 'valkey' as const),
    nodes,
    credential: fc.constantFrom(null, 'c'),
    tls: fc.boolean(),
    policy: fc.constantFrom<Partial<Policy>>({}, { guard: 'on' }, { bootFence: false }),
    pause: fc.constantFrom(null, { until: 1, by: 'x', why: '' }),
  })
  const key = (value: GroupSpec): string => JSON.stringify({ ...value, nodes: value.nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)) })
  fc.assert(fc.property(spec, (a) => diff([a], [structuredClone(a)]).length === 0))
  fc.assert(fc.property(spec, spec, (a, b) => (diff([a], [b]).length === 0) === (key(a) === key(b))))
})

test('address: what people write -> host and port, IPv6 in its shortest form, and back', () => {
  assert.deepEqual(parseAddress('127.0.0.1:6379'), { host: '127.0.0.1', port: 6379 })
  assert.deepEqual(parseAddress('DB-1.example:1'), { host: 'db-1.example', port: 1 })
  assert.deepEqual(parseAddress('[0:0:0:0:0:0:0:1]:65535'), { host: '::1', port: 65_535 })
  for (const text of ['127.0.0.1:6379', 'db_1:80', '[::1]:6379', '[fe80::1]:1'])
    assert.equal(formatAddress(parseAddress(text) ?? never()), text)
})

test('address: a port missing or out of range, a bare IPv6, a half IPv4, spaces -> none', () => {
  const bad = [
    '',
    'a',
    'a:',
    ':1',
    'a:0',
    'a:65536',
    '::1:6379',
    '[::1]',
    '[::g]:1',
    '1.2.3:1',
    '1.2.3.256:1',
    '1.2.3.04:1',
    'a b:1',
    '-a:1',
    'a..b:1',
    'a:1:2',
  ]
  assert.deepEqual(
    bad.filter((text) => parseAddress(text) !== null),
    [],
  )
  assert.deepEqual(['a', '::1', '1.2.3.4'].map(isHost), [true, true, true])
  assert.deepEqual(['A', '[::1]', '0:0::1', '1.2.3', ''].map(isHost), [false, false, false, false, false])
})

function never(): never {
  assert.fail('no address')
}
