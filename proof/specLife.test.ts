// What outlives a server, and what changes while it runs, on real servers and real processes: backups, passwords.
import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RedisServer, freePort } from '../test/servers/redis.ts'
import { Client, must, roleOf } from './harness/client.ts'
import { regroup } from './harness/cli.ts'
import { Controller } from './harness/controller.ts'
import { found, instead, pass, staysTrue, until } from './harness/wait.ts'
import { dismiss, startWatched } from './harness/watched.ts'
import { healthy, limitMs } from './stories/waits.ts'

test('a backup is restored after its replicas fell behind and the primary died -> none of them is promoted; with the primary all is well', async (t) => {
  const controller = await Controller.start()
  t.after(() => controller.remove())
  const group = await startWatched(controller, 'shop', 3, { persistence: 'aof', delay: 0 })
  await healthy(controller, group)
  const file = join(controller.dir, 'backup.db')
  const backup = await regroup(controller, 'backup', file)
  assert.match(backup.out, /backup\.db: 1 group, revision 1 of the spec/, backup.err)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const refused = await regroup(controller, 'restore', file, '--config', controller.configFile)
  assert.equal(refused.code, 5)
  assert.match(refused.err, new RegExp(`STORE_LOCKED: another process \\(pid ${controller.pid}\\)`))

  await controller.stop()
  const [primary, ...replicas] = group.nodes
  assert.ok(primary !== undefined)
  // The guard is given up and both replicas lose their link: what is written now only the primary has.
  await must(primary.address, 'CONFIG', 'SET', 'min-replicas-to-write', '0')
  for (const replica of replicas) await must(replica.address, 'REPLICAOF', '127.0.0.1', '1')
  await must(primary.address, 'SET', 'after', 'the backup')
  await primary.server.kill9()

  const restored = await regroup(controller, 'restore', file, '--config', controller.configFile)
  assert.equal(restored.code, 0, restored.err)
  assert.match(
    restored.out,
    /is .*backup\.db now, made 20.*1 group, revision 1.*\nthe store that was there is .*before-.*\nstart the server/,
  )
  await controller.start()
  const held = await until('the group holds for its primary', limitMs, async () => {
    const status = await controller.api.group('shop')
    return status?.verdict.rule === 'restored.unreachable' ? found(status) : instead(`${status?.verdict.rule}: ${status?.sentence}`)
  })
  assert.match(held.sentence, /missing: n1: refused/)
  assert.deepEqual([held.phase, held.writable, held.inSync], ['restored', false, []])
  await staysTrue('nobody is promoted', 1500, async () => {
    const roles = await Promise.all(replicas.map((replica) => roleOf(replica.address)))
    return roles.every(({ role }) => role === 'replica') ? found(true) : instead(JSON.stringify(roles))
  })

  await primary.server.start()
  assert.equal(await healthy(controller, group), 'n1')
  for (const { address } of group.nodes) assert.equal(await must(address, 'GET', 'after'), 'the backup')
  const after = await controller.api.group('shop')
  assert.ok((after?.epoch ?? 0) > 1, `epoch ${after?.epoch}`)
  await dismiss(controller, group)
})

/** Writes as fast as it is answered, as a user whose password nobody changes. */
async function writing(server: RedisServer, stop: () => boolean): Promise<{ acked: number; failures: string[] }> {
  const client = await Client.connect(server.address)
  if (!(client instanceof Client)) throw new Error(client.message)
  const failures: string[] = []
  let acked = 0
  await client.call(['AUTH', 'app', 'app'])
  while (!stop()) {
    const called = await client.call(['SET', 'k', String(acked)], 2000)
    if (called.ok) acked++
    else failures.push(called.message)
    if (client.closed) break
    await pass(1)
  }
  client.close()
  return { acked, failures }
}

test('the password of a 1+1 is changed under load, step by step as the README says -> no decision, no refusal, no write lost', async (t) => {
  const credentials = { main: { passwordFile: 'nodes.pass' } }
  const controller = await Controller.start({
    prepare: (dir) => writeFileSync(join(dir, 'nodes.pass'), 'f1rst\n', { mode: 0o600 }),
    settings: { credentials },
  })
  t.after(() => controller.remove())
  const config = {
    bind: '127.0.0.1',
    appendonly: 'yes',
    requirepass: 'f1rst',
    masterauth: 'f1rst',
    user: ['app on >app ~* &* +@all'],
    'repl-diskless-sync-delay': 0,
  }
  const servers = await Promise.all([0, 1].map(async () => new RedisServer(await freePort(), { config })))
  t.after(() => Promise.all(servers.map((server) => server.remove())))
  const [first, second] = servers
  assert.ok(first !== undefined && second !== undefined)
  await Promise.all(servers.map((server) => server.start()))
  await second.ask('AUTH', 'f1rst', 'THEN', 'REPLICAOF', '127.0.0.1', String(first.port))
  await first.ask('AUTH', 'f1rst', 'THEN', 'SET', 'before', 'regroup')
  const nodes = servers.flatMap((server, at) => ['--node', `n${at + 1}=127.0.0.1:${server.port}`])
  const added = await regroup(controller, 'group', 'add', 'safe', ...nodes, '--credential', 'main', '--policy', 'probeEveryMs=50')
  assert.equal(added.code, 0, added.err)
  const settled = async (): Promise<number> =>
    await until('the group is healthy', limitMs, async () => {
      const status = await controller.api.group('safe')
      return status?.state === 'healthy' && status.inSync.length === 2 ? found(status.epoch) : instead(`${status?.sentence}`)
    })
  const epoch = await settled()
  const entries = async (): Promise<string[]> => (await controller.api.history('safe')).map(({ rule, sentence }) => `${rule}: ${sentence}`)
  const before = await entries()
  let done = false
  const load = writing(first, () => done)
  const each = async (password: string, ...command: string[]): Promise<void> => {
    for (const server of servers) assert.equal(await server.ask('AUTH', password, 'THEN', ...command), 'OK')
  }
  const settings = (text: object): void => {
    const all = JSON.parse(readFileSync(controller.configFile, 'utf8')) as object
    writeFileSync(controller.configFile, JSON.stringify({ ...all, credentials: { main: text } }))
  }

  await each('f1rst', 'ACL', 'SETUSER', 'default', '>s3cond')
  writeFileSync(join(controller.dir, 'next.pass'), 's3cond\n', { mode: 0o600 })
  settings({ passwordFile: 'nodes.pass', next: { passwordFile: 'next.pass' } })
  const reloaded = await regroup(controller, 'credential', 'reload')
  assert.equal(reloaded.out, 'read again; 1 credential changed: main\n', reloaded.err)
  const both = await regroup(controller, 'credential', 'check', 'main')
  assert.match(both.out, /accepted by current: 2 of 2, next: 2 of 2\n/, both.err)
  await each('s3cond', 'CONFIG', 'SET', 'masterauth', 's3cond')
  await each('s3cond', 'CONFIG', 'SET', 'requirepass', 's3cond')
  await second.ask('AUTH', 's3cond', 'THEN', 'CONFIG', 'REWRITE')
  // Whatever was let in with the old password must come in again, replication too.
  for (const server of servers) await server.ask('AUTH', 's3cond', 'THEN', 'CLIENT', 'KILL', 'USER', 'default')
  const next = await regroup(controller, 'credential', 'check', 'main')
  assert.match(next.out, /n1 +refused +accepted\n/)
  assert.match(next.out, /accepted by current: 0 of 2, next: 2 of 2\n/)
  settings({ passwordFile: 'next.pass' })
  process.kill(controller.pid, 'SIGHUP')
  await until('the credentials are read again', limitMs, () =>
    (controller.log.match(/credentials\.reloaded/g) ?? []).length >= 2 ? found(true) : instead(controller.log.slice(-500)),
  )
  assert.match((await regroup(controller, 'credential', 'check', 'main')).out, /accepted by current: 2 of 2\n/)

  assert.equal(await settled(), epoch)
  done = true
  const { acked, failures } = await load
  assert.ok(acked > 100, `${acked} writes`)
  assert.deepEqual(failures, [])
  // A connection that was cut is heard of, and the link of the replica that was cut with it: nothing else happened.
  assert.deepEqual(
    (await entries()).filter((entry) => !before.includes(entry) && !/out of sync|in sync: n2|steady\.resume/.test(entry)),
    [],
  )
  const metrics = await (await fetch(`${controller.url}/metrics`)).text()
  for (const result of ['refused', 'answered', 'silent', 'unasked'])
    assert.match(metrics, new RegExp(`regroup_probes_total\\{result="${result}"\\} 0\n`))
  assert.doesNotMatch(controller.log, /f1rst|s3cond/)

  const moved = await regroup(controller, 'switchover', 'safe', '--wait')
  assert.equal(moved.code, 0, moved.err)
  await until('both files have the new password and a safe role', limitMs, () => {
    const files = servers.map((server) => readFileSync(server.configFile, 'utf8'))
    const right = files.every((text) => text.includes('requirepass "s3cond"') && !text.includes('f1rst') && /^replicaof /m.test(text))
    return right ? found(true) : instead(files.join('\n---\n'))
  })
})
