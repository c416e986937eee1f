// The product as a person uses it: the regroup command, a real server process, real redis-servers.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { GroupStatus } from '../src/core/status.ts'
import { makeCertificates } from '../test/servers/certificates.ts'
import { RedisServer, freePort } from '../test/servers/redis.ts'
import { judge } from './harness/check.ts'
import { must, roleOf } from './harness/client.ts'
import { regroup } from './harness/cli.ts'
import { Controller } from './harness/controller.ts'
import { type Group, heldBy, startGroup } from './harness/servers.ts'
import { found, instead, staysTrue, until } from './harness/wait.ts'
import { dismiss, startWatched } from './harness/watched.ts'
import { Writer, clinging, following } from './harness/writers.ts'
import { acknowledged, follows, healthy, limitMs, otherPrimary } from './stories/waits.ts'

function held(controller: Controller, group: string, rule: RegExp): Promise<GroupStatus> {
  return until(`group ${group} holds by ${rule}`, limitMs, async () => {
    const status = await controller.api.group(group)
    if (status === null) return instead('regroup does not answer')
    const says = [status.verdict.rule, status.sentence, ...status.warnings, ...status.nodes.map((node) => node.problem ?? '')].join(' | ')
    return rule.test(says) ? found(status) : instead(says)
  })
}

void describe('a group of one primary and two replicas', () => {
  let controller: Controller
  let group: Group
  before(async () => {
    controller = await Controller.start()
    group = await startGroup('shop', 3, { persistence: 'aof', delay: 0 })
  })
  after(async () => {
    await dismiss(controller, group)
    await controller.remove()
  })

  test('added by hand -> taken over as it was found, healthy, its data kept', async () => {
    await must(group.node('n1').address, 'SET', 'before', 'regroup')
    const nodes = group.nodes.flatMap((node) => ['--node', `${node.id}=127.0.0.1:${node.address.port}`])
    const added = await regroup(controller, 'group', 'add', 'shop', ...nodes)
    assert.equal(added.code, 0, added.err)
    assert.equal(await healthy(controller, group), 'n1')
    assert.equal(await must(group.node('n2').address, 'GET', 'before'), 'regroup')
    const status = await regroup(controller, 'status', 'shop')
    assert.match(status.out, /shop: healthy, writable/)
  })

  test('switchover under load -> nothing acknowledged is lost, the old primary follows', async () => {
    const writer = new Writer('planned', following(controller.api, 'shop'), { perSecond: 1000 }).start()
    await acknowledged(writer, 0, 100)
    const moved = await regroup(controller, 'switchover', 'shop', '--to', 'n2', '--wait')
    assert.equal(moved.code, 0, moved.err)
    const movedAt = performance.now()
    await acknowledged(writer, movedAt, 100, (ack) => ack.node === 'n2')
    await writer.stop()
    await healthy(controller, group)
    const kept = (await heldBy(group.node('n2').address, ['planned'])).get('planned') ?? []
    assert.deepEqual(judge(writer.acks, kept).lost, [])
    await follows(group.node('n1'), group.node('n2'), true)
  })

  test('kill -9 of the primary, then its return -> another is primary, the old one accepts no write and follows', async () => {
    const old = group.node('n2')
    const clings = new Writer('clings', clinging(old.target), { perSecond: 500 }).start()
    await acknowledged(clings, 0, 20)
    await old.server.kill9()
    const diedAt = performance.now()
    const next = await otherPrimary(controller, group, 'n2')
    await old.server.start()
    await follows(old, group.node(next), true)
    assert.equal(await healthy(controller, group), next)
    await clings.stop()
    assert.deepEqual(clings.between(diedAt), [])
    const explained = await regroup(controller, 'explain', 'shop')
    assert.match(explained.out, /n2: back after .*6 of 6 steps/)
    const history = await regroup(controller, 'history', 'shop')
    assert.match(history.out, /steady\.lost\/elect\.inSync/)
    assert.match(readFileSync(old.server.configFile, 'utf8'), new RegExp(`^replicaof 127.0.0.1 ${group.node(next).address.port}$`, 'm'))
  })

  test('the primary dies while the group is paused -> nothing is done until it is resumed', async () => {
    const status = await controller.api.group('shop')
    const old = group.node(status?.primary ?? null)
    assert.equal((await regroup(controller, 'pause', 'shop', '--for', '10m', '--why', 'a test')).code, 0)
    await old.server.kill9()
    const paused = await held(controller, 'shop', /steady\.paused/)
    assert.match(paused.sentence, /a test/)
    await staysTrue('nobody is promoted', 1500, async () => {
      const others = group.nodes.filter((node) => node !== old)
      const roles = await Promise.all(others.map((node) => roleOf(node.address)))
      return roles.every((role) => role.role === 'replica') ? found(true) : instead(JSON.stringify(roles))
    })
    assert.equal((await regroup(controller, 'resume', 'shop')).code, 0)
    await otherPrimary(controller, group, old.id)
    await old.server.start()
    await healthy(controller, group)
  })

  test('removed -> the primary gets a plain file and no guard, and stays primary after a restart', async () => {
    const primary = group.node(await healthy(controller, group))
    assert.match(readFileSync(primary.server.configFile, 'utf8'), /^replicaof 127\.0\.0\.1 1$/m)
    assert.equal((await regroup(controller, 'group', 'remove', 'shop')).code, 0)
    await until('the file is plain', limitMs, () =>
      /^replicaof /m.test(readFileSync(primary.server.configFile, 'utf8')) ? instead('still fenced') : found(true),
    )
    await primary.server.kill9()
    await primary.server.start()
    assert.equal((await roleOf(primary.address)).role, 'primary')
    assert.equal(await must(primary.address, 'SET', 'after', 'regroup'), 'OK')
  })
})

void describe('groups that something is wrong with', () => {
  let controller: Controller
  before(async () => {
    controller = await Controller.start({ settings: { credentials: { wrong: { password: 'not the password' } } } })
  })
  after(async () => await controller.remove())

  test('a node of another group -> refused by name, nothing changed', async () => {
    const group = await startWatched(controller, 'first', 2, { persistence: 'none', delay: 0 })
    const port = group.node('n1').address.port
    const refused = await regroup(controller, 'group', 'add', 'second', '--node', `x=127.0.0.1:${port}`, '--json')
    assert.equal(refused.code, 2)
    assert.match(refused.out + refused.err, /n1 of group \\?"?first/)
    assert.equal((await controller.api.groups())?.length, 1)
    await dismiss(controller, group)
  })

  test('nodes with data of their own -> held, nobody is wiped, both sentences say what to do', async () => {
    const [a, b] = [
      await startGroup('left', 1, { persistence: 'none', delay: 0 }),
      await startGroup('right', 1, { persistence: 'none', delay: 0 }),
    ]
    const [left, right] = [a.node('n1'), b.node('n1')]
    await must(left.address, 'SET', 'k', 'left')
    await must(right.address, 'SET', 'k', 'right')
    await regroup(
      controller,
      'group',
      'add',
      'both',
      '--node',
      `l=127.0.0.1:${left.address.port}`,
      '--node',
      `r=127.0.0.1:${right.address.port}`,
    )
    const status = await held(controller, 'both', /new\.histories/)
    assert.match(status.sentence, /different histories.*failover both --accept-loss/)
    assert.equal(await must(left.address, 'GET', 'k'), 'left')
    assert.equal(await must(right.address, 'GET', 'k'), 'right')
    const chosen = await regroup(controller, 'failover', 'both', '--accept-loss', '--to', 'l', '--wait')
    assert.equal(chosen.code, 0, chosen.err)
    await held(controller, 'both', /r takes writes and holds data of its own.*node remove both r/)
    assert.equal(await must(right.address, 'GET', 'k'), 'right')
    await regroup(controller, 'group', 'remove', 'both')
    await Promise.all([a.remove(), b.remove()])
  })

  test('a wrong password -> held with the code, never a failover', async () => {
    const server = new RedisServer(await freePort(), { config: { bind: '127.0.0.1', requirepass: 'secret' } })
    await server.start()
    await regroup(controller, 'group', 'add', 'locked', '--node', `a=127.0.0.1:${server.port}`, '--credential', 'wrong')
    const status = await held(controller, 'locked', /WRONGPASS/)
    assert.doesNotMatch(JSON.stringify(status) + controller.log, /not the password/)
    await regroup(controller, 'group', 'remove', 'locked')
    await server.remove()
  })

  test('a port that speaks no RESP -> held with PROTOCOL', async () => {
    const http = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    )
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const address = http.address()
    assert(typeof address === 'object' && address !== null)
    await regroup(controller, 'group', 'add', 'web', '--node', `a=127.0.0.1:${address.port}`)
    await held(controller, 'web', /PROTOCOL/)
    await regroup(controller, 'group', 'remove', 'web')
    await new Promise((resolve) => http.close(resolve))
  })

  test('a credential that the settings do not have -> refused with the way out', async () => {
    const refused = await regroup(controller, 'group', 'add', 'odd', '--node', 'a=127.0.0.1:6379', '--credential', 'missing')
    assert.equal(refused.code, 2)
    assert.match(refused.err, /no credential missing.*regroup\.yaml/)
  })
})

void test('TLS, an ACL user and a password between everybody -> taken over, fails over, comes back', async () => {
  const certificates = makeCertificates()
  const credentials = { main: { username: 'regroup', password: 'f1rst' } }
  const controller = await Controller.start({ settings: { credentials, tls: { ca: certificates.caFile } } })
  const tls = { certFile: certificates.certFile, keyFile: certificates.keyFile, caFile: certificates.caFile }
  const config = {
    bind: '127.0.0.1',
    appendonly: 'yes',
    user: ['default off', 'regroup on >f1rst ~* &* +@all'],
    masteruser: 'regroup',
    masterauth: 'f1rst',
    'tls-replication': 'yes',
    'repl-diskless-sync-delay': 0,
  }
  const servers = await Promise.all([0, 1, 2].map(async () => new RedisServer(await freePort(), { config, tls })))
  await Promise.all(servers.map((server) => server.start()))
  const nodes = servers.flatMap((server, at) => ['--node', `n${at + 1}=127.0.0.1:${server.port}`])
  const state = (wanted: (status: GroupStatus) => boolean): Promise<GroupStatus> =>
    until('the group is as wanted', limitMs, async () => {
      const status = await controller.api.group('safe')
      return status !== null && wanted(status)
        ? found(status)
        : instead(`${status?.state}: ${status?.sentence} ${status?.nodes.map((n) => n.problem).join()}`)
    })
  const added = await regroup(controller, 'group', 'add', 'safe', ...nodes, '--tls', '--credential', 'main')
  assert.equal(added.code, 0, added.err)
  await state((status) => status.state === 'healthy' && status.primary === 'n1')
  await servers[0]?.kill9()
  await state((status) => status.writable && status.primary !== 'n1')
  await servers[0]?.start()
  await state((status) => status.state === 'healthy')
  assert.doesNotMatch(controller.log, /f1rst/)
  await Promise.all(servers.map((server) => server.remove()))
  await controller.remove()
  certificates.remove()
})
