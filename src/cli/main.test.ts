// The command as people run it: a real process against a real HTTP server.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { run, runs, server, start } from '../../test/cli.ts'
import { testFacade } from '../../test/facade.ts'
import { billingStatus, ordersSpec, ordersStatus, plainly } from '../../test/samples.ts'
import { freePort } from '../../test/servers/redis.ts'
import { until } from '../../test/until.ts'
import { groupsText } from './statusText.ts'
import { plain } from './words.ts'

test('cli status: a server with two groups -> the table, without colours in a pipe', async (t) => {
  const { url } = await server(t)
  const { code, out, err } = await run(t, url, ['status'])
  assert.deepEqual([code, err], [0, ''])
  assert.equal(out, groupsText([ordersStatus, billingStatus], plain))
})

test('cli --json: before or after the command -> the values of the API', async (t) => {
  const { url, facade } = await server(t)
  const [all, one, history, explain, show] = await runs(t, url, [
    '--json status',
    'status billing --json',
    'history orders --limit 2 --json',
    'explain orders --json',
    'group show orders --json',
  ])
  assert.deepEqual(JSON.parse(all?.out ?? ''), [ordersStatus, billingStatus])
  assert.deepEqual(JSON.parse(one?.out ?? ''), billingStatus)
  const entries = await facade.history('orders', 2)
  assert.deepEqual(JSON.parse(history?.out ?? ''), { entries, next: 59 })
  assert.deepEqual((JSON.parse(explain?.out ?? '') as { status: unknown }).status, ordersStatus)
  assert.equal((JSON.parse(show?.out ?? '') as { name: string }).name, 'orders')
})

test('cli: nobody answers, something else answers, no URL -> exit 5 and 2 with a way out', async (t) => {
  const web = createServer((_request, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1')
  t.after(() => web.close())
  await new Promise((resolve) => web.once('listening', resolve))
  const bound = web.address()
  assert.ok(typeof bound === 'object' && bound !== null)
  const nobody = `http://127.0.0.1:${await freePort()}`
  const [refused, asJson, other, nonsense] = await Promise.all([
    run(t, nobody, ['status']),
    run(t, nobody, ['status', '--json']),
    run(t, `http://127.0.0.1:${bound.port}`, ['status']),
    run(t, nobody, ['--server', 'nonsense', 'status']),
  ])
  const sentence = `no regroup server answers at ${nobody}; start one with \`regroup server\``
  assert.deepEqual(refused, { code: 5, out: '', err: `regroup: NO_SERVER: ${sentence}\n` })
  assert.deepEqual([asJson.code, asJson.out], [5, ''])
  assert.deepEqual(JSON.parse(asJson.err), { error: { code: 'NO_SERVER', message: sentence, details: [] } })
  assert.equal(other.code, 5)
  assert.match(other.err, /NO_SERVER: no regroup server answers at .* \(something else answers there\)/)
  assert.equal(nonsense.code, 2)
  assert.match(nonsense.err, /BAD_INPUT: "nonsense" is no URL of a server; write http:/)
})

test('cli: wrong usage -> exit 2 and what is wrong; help and version -> exit 0', async (t) => {
  const lines = [
    'statsu',
    'failover orders',
    'group add x',
    'status --nope',
    'group add x --node a=h:1 --engine mysql',
    'history orders --limit x',
    'pause orders --for ever',
  ]
  const results = await runs(t, 'http://127.0.0.1:9', lines)
  assert.deepEqual(
    results.map((result) => result.code),
    lines.map(() => 2),
  )
  const errors = results.map((result) => result.err)
  for (const [index, pattern] of [
    /Did you mean status/,
    /--accept-loss/,
    /--node/,
    /--nope/,
    /Allowed choices are redis, valkey, pika/,
    /"x" is no whole number/,
    /"ever" is no duration/,
  ].entries()) {
    assert.match(errors[index] ?? '', pattern)
    assert.doesNotMatch(errors[index] ?? '', / at .*\.ts:\d/)
  }
  const [help, version] = await runs(t, 'http://127.0.0.1:9', ['--help', '--version'])
  assert.equal(help?.code, 0)
  assert.match(help?.out ?? '', /switchover.*\n.*failover/)
  assert.deepEqual([version?.code, version?.out], [0, '0.1.0\n'])
})

test('cli: unknown names, refusals -> the exit code of their kind, the sentence on stderr', async (t) => {
  const { url, facade } = await server(t)
  facade.answer = { ok: false, code: 'WOULD_LOSE_DATA', ...plainly('b lacks 12 bytes; wait, or use failover --accept-loss') }
  const results = await runs(t, url, [
    'status nope',
    'explain nope',
    'node remove orders z',
    'group remove nope',
    'group add orders --node a=127.0.0.1:1',
    'node add orders a 127.0.0.1:1',
    'switchover orders',
    'group add y --node a=127.0.0.1:6379',
  ])
  assert.deepEqual(
    results.map((result) => [result.code, result.out, /^regroup: ([A-Z_]+): /.exec(result.err)?.[1]]),
    [
      [4, '', 'UNKNOWN_GROUP'],
      [4, '', 'UNKNOWN_GROUP'],
      [4, '', 'UNKNOWN_NODE'],
      [4, '', 'UNKNOWN_GROUP'],
      [3, '', 'GROUP_EXISTS'],
      [3, '', 'NODE_EXISTS'],
      [3, '', 'WOULD_LOSE_DATA'],
      [2, '', 'BAD_SPEC'],
    ],
  )
  assert.match(results.at(-1)?.err ?? '', /^ {2}node a of group y is 127\.0\.0\.1:6379, which is node a of group orders$/m)
  assert.equal(facade.spec().revision, 3)
})

test('cli group and node: add, change, show, remove -> each one revision with its reason', async (t) => {
  const { url, facade } = await server(t)
  const add = [
    'group',
    'add',
    'shop',
    '--node',
    'a=127.0.0.1:7101',
    '--node',
    'b=[::1]:7102',
    '--engine',
    'valkey',
    '--credential',
    'main',
    '--tls',
  ]
  const policy = ['--policy', 'guard=on', 'silentAfterMs=900', 'bootFence=false']
  const dry = await run(t, url, [...add, ...policy, '--dry-run'])
  assert.match(dry.out, /^dry run: 1 group would change; revision 3 stays\n\+ shop\n/)
  assert.equal(facade.spec().revision, 3)
  assert.equal((await run(t, url, [...add, ...policy, '--why', 'a new shop'])).code, 0)
  assert.deepEqual([facade.spec().revision, facade.spec().why], [4, 'a new shop'])
  assert.match(facade.spec().by, /^cli/)
  assert.deepEqual(facade.spec().groups[1], {
    id: 'shop',
    engine: 'valkey',
    nodes: [
      { id: 'a', host: '127.0.0.1', port: 7101, site: null, priority: 100, maintenanceUntil: null, overwrite: false },
      { id: 'b', host: '::1', port: 7102, site: null, priority: 100, maintenanceUntil: null, overwrite: false },
    ],
    credential: 'main',
    tls: true,
    policy: { guard: 'on', silentAfterMs: 900, bootFence: false },
    pause: null,
  })
  const added = await run(t, url, 'node add shop c 127.0.0.1:7103 --priority 10 --site s2 --overwrite'.split(' '))
  assert.equal(
    added.out,
    'revision 5: 1 group changed\n~ shop\n    node c (127.0.0.1:7103) added\n    node c: site none -> s2\n    node c: priority 100 -> 10\n    node c: what it holds may be overwritten\n',
  )
  assert.equal(facade.spec().why, 'node add shop c')
  assert.equal((await run(t, url, ['node', 'remove', 'shop', 'a'])).code, 0)
  const shown = await run(t, url, ['group', 'show', 'shop'])
  const back = await run(t, url, ['apply', '-'], { input: shown.out })
  assert.deepEqual([back.code, back.out], [0, 'nothing to change; revision 6 stays\n'])
  assert.equal(
    (await run(t, url, ['group', 'remove', 'shop'])).out,
    'revision 7: 1 group changed\n- shop\n    removed with nodes b ([::1]:7102), c (127.0.0.1:7103)\n',
  )
  assert.deepEqual(facade.spec().groups, [ordersSpec])
})

test('cli node add: another operator writes in between -> done on top of theirs; for ever -> exit 3', async (t) => {
  const { url, facade } = await server(t)
  let others = 2
  facade.beforeApply = () => {
    if (others-- > 0) facade.overtake()
  }
  const { code, out } = await run(t, url, ['node', 'add', 'orders', 'd', '127.0.0.1:6382'])
  assert.equal(code, 0)
  assert.match(out, /^revision 6: /)
  facade.beforeApply = () => facade.overtake()
  const lost = await run(t, url, ['node', 'add', 'orders', 'e', '127.0.0.1:6383'])
  assert.equal(lost.code, 3)
  assert.match(lost.err, /REVISION_CONFLICT/)
})

test('cli apply: a file with mistakes -> nothing is sent, every line said; a good one -> applied', async (t) => {
  const { url, facade } = await server(t)
  const bad = await run(t, url, ['apply', '-'], { input: 'groups:\n  - name: x\n    nodez: []\n' })
  assert.deepEqual(bad, {
    code: 2,
    out: '',
    err: 'regroup: BAD_SPEC: stdin has 2 problems; nothing was changed\n  stdin:2:5 groups[0].nodes: is missing; it must be a list of 1 to 32 nodes\n  stdin:3:5 groups[0].nodez: unknown key "nodez"; did you mean "nodes"?\n',
  })
  assert.deepEqual(facade.applied, [])
  const input = 'groups:\n  - name: x\n    nodes: [{ name: a, address: "127.0.0.1:1" }]\nremove: [orders]\n'
  const good = await run(t, url, ['apply', '-'], { input })
  assert.equal(
    good.out,
    'revision 4: 2 groups changed\n- orders\n    removed with nodes a (127.0.0.1:6379), b (127.0.0.1:6380), c (127.0.0.1:6381)\n+ x\n    added as redis with node a (127.0.0.1:1)\n',
  )
  const missing = await run(t, url, ['apply', '/nowhere/groups.yaml'])
  assert.equal(missing.code, 2)
  assert.match(missing.err, /BAD_INPUT: \/nowhere\/groups\.yaml cannot be read/)
})

test('cli pause and resume: a group -> until when, and how to end it', async (t) => {
  const { url, facade } = await server(t)
  const paused = await run(t, url, ['pause', 'orders', '--for', '2h', '--why', 'rack move'])
  assert.equal(paused.out, 'orders is paused until 2026-11-22 09:00:00Z; revision 4; end it with `regroup resume orders`\n')
  assert.deepEqual(facade.spec().groups[0]?.pause?.why, 'rack move')
  assert.equal((await run(t, url, ['resume', 'orders'])).out, 'orders is not paused now; revision 5\n')
})

test('cli switchover and failover: asked -> what was decided; a dry run says so', async (t) => {
  const { url, facade } = await server(t)
  const dry = await run(t, url, ['switchover', 'orders', '--to', 'b', '--dry-run', '--wait'])
  assert.equal(dry.out, 'dry run: b takes over from a (epoch 5)\n  1. b is promoted\n')
  const forced = await run(t, url, ['failover', 'orders', '--accept-loss'])
  assert.equal(forced.out, 'b takes over from a (epoch 5)\n')
  assert.deepEqual(
    facade.commands.map(({ command }) => [command.name, command.to, command.dryRun]),
    [
      ['switchover', 'b', true],
      ['failover', null, false],
    ],
  )
})

test('cli switchover --wait: the move ends after the answer -> waits for it and says how long it took', async (t) => {
  const { url, facade } = await server(t)
  const running = start(t, url, ['switchover', 'orders', '--wait'])
  await until('the command was given', () => facade.commands.length === 1)
  facade.put({ ...ordersStatus, phase: 'switchover', epoch: 5, candidate: 'b' })
  facade.put({ ...billingStatus, epoch: 99, primary: 'b' })
  assert.equal(running.out(), '')
  facade.put({ ...ordersStatus, epoch: 5, primary: 'b' })
  const { code, out } = await running.ended
  assert.equal(code, 0)
  assert.match(out, /^b takes over from a \(epoch 5\)\nb is primary of orders at epoch 5 after [\d.]+ m?s\n$/)
})

test('cli switchover --wait: the old primary stays -> exit 3 with why; the server goes away -> exit 5', async (t) => {
  const { url, facade, close } = await server(t)
  const running = start(t, url, ['switchover', 'orders', '--wait'])
  await until('the command was given', () => facade.commands.length === 1)
  facade.put({ ...ordersStatus, phase: 'switchover', epoch: 5, candidate: 'b' })
  facade.put({ ...ordersStatus, epoch: 5, verdict: { ...ordersStatus.verdict, sentence: 'b was too far behind at the deadline' } })
  const { code, err } = await running.ended
  assert.deepEqual([code, err], [3, 'regroup: NOT_NOW: b did not become primary: b was too far behind at the deadline\n'])
  facade.put({ ...ordersStatus, phase: 'switchover', epoch: 5, candidate: 'b' })
  const second = start(t, url, ['switchover', 'orders', '--wait', '--json'])
  await until('the second command was given', () => facade.commands.length === 2)
  await close()
  const lost = await second.ended
  assert.equal(lost.code, 5)
  assert.match(lost.err, /"code":"NO_SERVER"/)
})

test('cli status --watch: a change, a cut, a return -> each is drawn; Ctrl-C -> exit 0', async (t) => {
  const first = await server(t)
  const port = Number(new URL(first.url).port)
  const running = start(t, first.url, ['status', 'orders', '--watch'])
  const shows =
    (what: string, from = 0): (() => boolean) =>
    () =>
      running.out().slice(from).includes(what)
  await until('the first picture', shows('orders: healthy'))
  first.facade.put({ ...ordersStatus, state: 'down', sentence: 'nobody answers' })
  await until('the change', shows('nobody answers'))
  await first.close()
  await until('the cut', shows('connection lost, shown since'))
  const seen = running.out().length
  await server(t, testFacade(), port)
  await until('the return', shows('orders: healthy', seen))
  running.child.kill('SIGINT')
  assert.equal((await running.ended).code, 0)
})

test('cli status --watch: no server at all -> exit 5; an unknown group -> exit 4', async (t) => {
  const { url } = await server(t)
  const [none, unknown] = await Promise.all([
    run(t, `http://127.0.0.1:${await freePort()}`, ['status', '--watch']),
    run(t, url, ['status', 'nope', '--watch']),
  ])
  assert.deepEqual([none.code, unknown.code], [5, 4])
})
