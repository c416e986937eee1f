// `regroup spec` as people run it: a real process against a real HTTP server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ordersSpec } from '../../test/facade.ts'
import { run, server } from '../../test/cli.ts'

test('cli spec: an unwanted change -> listed with who and why, compared, shown as a file, taken back', async (t) => {
  const { url, facade } = await server(t)
  const added = await run(t, url, 'group add shop --node a=127.0.0.1:7101 --reason tonight'.split(' '))
  assert.equal(added.code, 0, added.err)
  assert.equal(facade.spec().why, 'tonight')
  const [list, shown, diff, same, refused, unknown, nonsense] = await Promise.all([
    run(t, url, ['spec', 'list']),
    run(t, url, ['spec', 'show', '3']),
    run(t, url, ['spec', 'diff', '3']),
    run(t, url, ['spec', 'diff', '4', '4']),
    run(t, url, ['spec', 'restore', '3', '--dry-run']),
    run(t, url, ['spec', 'show', '99']),
    run(t, url, ['spec', 'restore', 'last']),
  ])
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
