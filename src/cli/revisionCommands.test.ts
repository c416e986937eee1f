// `regroup spec` as people run it: a real process against a real HTTP server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ordersSpec } from '../../test/samples.ts'
import { run, server } from '../../test/cli.ts'

test('cli spec: an unwanted change -> listed with who and why, compared, shown as a file, taken back', async (t) => {
  const { url, facade } = await server(t)
  const added = await run(t, url, 'group add shop --node a=127.0.0.1:7101 --reason tonight'.split(' '))
  assert.equal(added.code, 0, added.err)
  assert.equal(facade.spec().why, 'tonight')
  const [list, shown, diff] = await Promise.all([
    run(t, url, ['spec', 'list']),
    run(t, url, ['spec', 'show', '3']),
    run(t, url, ['spec', 'diff', '3']),
  ])
  const [same, refused] = await Promise.all([run(t, url, ['spec', 'diff', '4', '4']), run(t, url, ['spec', 'restore', '3', '--dry-run'])])
  const [unknown, nonsense] = await Promise.all([run(t, url, ['spec', 'show', '99']), run(t, url, ['spec', 'restore', 'last'])])
  const [head, newest] = list.out.split('\n')
  assert.match(head ?? '', /^REV +TIME +BY +WHY +WHAT$/)
  assert.match(newest ?? '', /^4 +2026-11-22 \d\d:\d\d:\d\dZ +cli\S* +tonight +shop: added as redis with node a \(127\.0\.0\.1:7101\)$/)
  assert.match(shown.out, /^# revision 3, .* by cli:ann: first groups\n# \+ orders\n(# .*\n)+groups:\n  - name: orders\n/)
  assert.equal(diff.out, 'from revision 3 to 4\n+ shop\n    added as redis with node a (127.0.0.1:7101)\n')
  assert.equal(same.out, 'revisions 4 and 4 ask for the same\n')
  assert.deepEqual([refused.code, unknown.code, nonsense.code], [3, 4, 2])
  assert.match(refused.err, /WOULD_REMOVE_GROUPS: .*shop.*--remove-groups/)
  assert.match(nonsense.err, /BAD_INPUT: "last" is no revision; `regroup spec list` shows their numbers/)
  const back = await run(t, url, ['spec', 'restore', '3', '--remove-groups'])
  assert.equal(back.out, 'revision 5: 1 group changed\n- shop\n    removed with node a (127.0.0.1:7101)\n')
  assert.deepEqual([facade.spec().why, facade.spec().groups], ['spec restore 3', [ordersSpec]])
  const again = await run(t, url, ['apply', '-'], { input: shown.out })
  assert.equal(again.out, 'nothing to change; revision 5 stays\n')
})

test('cli apply: policies for many groups -> in force with their source, exported, taken back; a mistake -> its line', async (t) => {
  const { url, facade } = await server(t)
  const input = 'policies:\n  - match: "ord*"\n    policy: { canaryEveryMs: 700 }\n'
  const applied = await run(t, url, ['apply', '-'], { input })
  assert.equal(applied.out, 'revision 4: the policies changed\n~ policies\n    ord*: added with canaryEveryMs 700\n', applied.err)
  const [shown, exported, bad, unsound] = await Promise.all([
    run(t, url, ['group', 'show', 'orders', '--policy']),
    run(t, url, ['export']),
    run(t, url, ['apply', '-'], { input: 'policies:\n  - match: "a b"\n    policy: { gard: on }\n  - match: x\n' }),
    run(t, url, ['apply', '-'], { input: 'policies: [{ match: "*", policy: { probeEveryMs: 9000 } }]\n' }),
  ])
  assert.match(shown.out, /^orders\n\nKEY +VALUE +FROM\n/)
  assert.match(shown.out, /^canaryEveryMs +700 +policies "ord\*"$/m)
  assert.match(shown.out, /^retryDownMs +100 +built in$/m)
  assert.match(exported.out, /\npolicies:\n  - match: ord\*\n    policy:\n      canaryEveryMs: 700\ngroups:\n/)
  assert.deepEqual([bad.code, bad.err.split('\n').length], [2, 5], bad.err)
  assert.match(
    bad.err,
    /stdin:2:12 policies\[0\]\.match: .*\n.*stdin:3:15 policies\[0\]\.policy\.gard: unknown key "gard"; did you mean "guard"\?/,
  )
  assert.equal(unsound.code, 2)
  assert.match(unsound.err, /group orders: silentAfterMs is \d+, but must be at least 27000.*probeEveryMs comes from policies "\*"/)
  await facade.apply({ put: [], remove: [], policies: [], by: 'x', why: '', dryRun: false, ifRevision: null })
  const again = await run(t, url, ['apply', '-'], { input: exported.out })
  assert.equal(again.code, 0, again.err)
  assert.deepEqual(facade.spec().policies, [{ match: 'ord*', policy: { canaryEveryMs: 700 } }])
  const back = await run(t, url, ['spec', 'restore', '3'])
  assert.match(back.out, /~ policies\n    ord\*: removed\n/)
})
