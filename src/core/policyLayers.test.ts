import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ordersSpec } from '../../test/samples.ts'
import { defaults } from './limits.ts'
import type { GroupSpec, NodeSpec } from './model.ts'
import { effectivePolicy, layeredPolicy, matchesName, policyDifferences } from './policyLayers.ts'
import { inEnglish } from './said.ts'
import { checkSpec } from './spec.ts'

const check = (...spec: Parameters<typeof checkSpec>): string[] => checkSpec(...spec).map(inEnglish)
const differences = (...rules: Parameters<typeof policyDifferences>): string[] => policyDifferences(...rules).map(inEnglish)

const rules = [
  { match: '*', policy: { silentAfterMs: 2000, guard: 'off' } },
  { match: 'cache-*', policy: { silentAfterMs: 5000 } },
  { match: 'cache-eu', policy: { probeEveryMs: 100 } },
] as const

test('policies: built in, settings, two patterns, the group -> the last that says something wins, and its name is told', () => {
  const group = { id: 'cache-eu', policy: { probeEveryMs: 50, bootFence: false } }
  const policy = effectivePolicy(group, rules, { guard: 'on', canaryEveryMs: 300, probeEveryMs: 10 })
  assert.deepEqual(
    [policy.silentAfterMs, policy.guard, policy.canaryEveryMs, policy.probeEveryMs, policy.bootFence, policy.retryDownMs],
    [
      { value: 5000, from: 'policies "cache-*"' },
      { value: 'off', from: 'policies "*"' },
      { value: 300, from: 'regroup.yaml' },
      { value: 50, from: 'group' },
      { value: false, from: 'group' },
      { value: defaults.retryDownMs, from: 'built in' },
    ],
  )
  const layered = layeredPolicy(group, rules, { guard: 'on', canaryEveryMs: 300, probeEveryMs: 10 })
  assert.deepEqual(Object.fromEntries(Object.entries(policy).map(([key, { value }]) => [key, value])), { ...defaults, ...layered })
  assert.equal(effectivePolicy({ id: 'shop', policy: {} }, rules, {}).silentAfterMs.from, 'policies "*"')
})

test('patterns -> the star stands for any letters, everything else for itself', () => {
  const cases: [string, string[], string[]][] = [
    ['*', ['a', 'a.b-c'], []],
    ['a', ['a'], ['ab', 'b', '']],
    ['a*', ['a', 'ab'], ['ba']],
    ['*-eu', ['cache-eu', '-eu'], ['cache-eu1']],
    ['a*b*c', ['abc', 'a1b2c', 'abbcc'], ['ac', 'acb', 'ab']],
    ['a*a', ['aa', 'aba'], ['a']],
    ['a.c', ['a.c'], ['abc']],
  ]
  for (const [pattern, yes, no] of cases) {
    for (const name of yes) assert.ok(matchesName(pattern, name), `${pattern} ${name}`)
    for (const name of no) assert.ok(!matchesName(pattern, name), `${pattern} ${name}`)
  }
})

test('policies that make a group unsound -> refused with the group and where each value comes from, all problems at once', () => {
  const shop: GroupSpec = { ...ordersSpec, id: 'shop', policy: {} }
  const node = (port: number): NodeSpec[] => ordersSpec.nodes.map((one, at) => ({ ...one, port: port + at }))
  const cache: GroupSpec = { ...ordersSpec, id: 'cache-eu', policy: { silentAfterMs: 900 }, nodes: node(9000) }
  assert.deepEqual(check([shop, cache], rules), [])
  assert.deepEqual(check([shop, cache], [{ match: 'cache-*', policy: { probeEveryMs: 400 } }], { silentAfterMs: 1100 }), [
    'group cache-eu: silentAfterMs is 900, but must be at least 1200, three times probeEveryMs (400): one lost answer is not a death (probeEveryMs comes from policies "cache-*")',
  ])
  const bad = [
    { match: 'a b', policy: { probeEveryMs: 1 } },
    { match: 'x', policy: {} },
    { match: 'x', policy: { guard: 'on' } },
  ] as const
  const problems = check([], bad)
  assert.equal(problems.length, 3)
  assert.match(
    problems.join('\n'),
    /^policies "a b": it must be at most 63 letters.*\npolicies "a b": probeEveryMs is 1; allowed are 20.*\npolicies "x" is there twice$/,
  )
})

test('two lists of policies -> one sentence per difference', () => {
  assert.deepEqual(differences(rules, rules), [])
  const [all, cache] = rules
  assert.deepEqual(
    differences(rules, [
      { match: 'cache-*', policy: { guard: 'on', silentAfterMs: 5000 } },
      all,
      { match: 'new', policy: { parallelSyncs: 2 } },
    ]),
    ['cache-*: guard default -> on', 'cache-eu: removed', 'new: added with parallelSyncs 2', `order: *, cache-* -> cache-*, *`],
  )
  assert.deepEqual(differences([cache], [{ match: 'cache-*', policy: {} }]), ['cache-*: silentAfterMs 5000 -> default'])
})
