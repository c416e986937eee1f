// What the doctor finds in a running group, against real servers: each thing is brought about, seen, mended by the doctor's own commands, and gone.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { found, instead, pass, staysTrue, until } from '../../proof/harness/wait.ts'
import { rateOverMs } from '../../src/core/doctor/replicationChecks.ts'
import { DoctorBench, type Place, hosts, mend, placed } from './bench.ts'

const users = ['default on nopass ~* &* +@all', 'regroup on >secret ~* &* +@all']

void describe('a sound group of one primary and two replicas', () => {
  let bench: DoctorBench
  let places: readonly Place[]
  const at = (id: string): Place => {
    const place = places.find((one) => one.id === id)
    assert(place !== undefined)
    return place
  }
  const set = async (id: string, name: string, value: string): Promise<void> => {
    assert.equal(await at(id).server.ask('CONFIG', 'SET', name, value), 'OK')
  }
  before(async () => {
    bench = await DoctorBench.open({ main: { username: 'regroup', password: 'secret' } })
    places = await placed(3, { user: users })
    await bench.healthy('shop', places, { credential: 'main' })
    await at('a').server.ask('SET', 'data', 'there')
  })
  after(async () => await bench.close())

  test('nothing wrong -> no finding, every node examined', async () => {
    await bench.sees('shop', [])
    assert.deepEqual(bench.controller.status('shop').doctor.unexamined, [])
  })

  /** Each row: the setting, on which node, what is found, and whether its commands mend it. */
  const rows: readonly (readonly [finding: string, node: string, name: string, value: string])[] = [
    ['timeout.clients', 'b', 'timeout', '30'],
    ['timeout.replication', 'c', 'repl-timeout', '3'],
    ['timeout.keepalive', 'a', 'tcp-keepalive', '0'],
    ['guard.others', 'b', 'min-replicas-to-write', '2'],
    ['guard.others', 'a', 'min-replicas-max-lag', '10'],
    ['replica.writable', 'c', 'replica-read-only', 'no'],
    ['replica.mute', 'b', 'replica-serve-stale-data', 'no'],
    ['diskless.hasty', 'b', 'repl-diskless-sync-delay', '0'],
    ['diskless.slow', 'a', 'repl-diskless-sync-delay', '5'],
    ['buffer.small', 'a', 'client-output-buffer-limit', 'replica 500kb 400kb 60'],
  ]
  for (const [finding, node, name, value] of rows) {
    test(`${name} ${value} on ${node} -> ${finding}; its commands run -> gone`, async () => {
      await set(node, name, value)
      await mend(await bench.sees('shop', [`${finding} ${node}`]))
      await bench.sees('shop', [])
    })
  }

  test('no persistence on all three -> persistence.none for each; its commands run -> gone', async () => {
    for (const { id } of places) await set(id, 'appendonly', 'no')
    await mend(await bench.sees('shop', ['persistence.none a', 'persistence.none b', 'persistence.none c']))
    await bench.sees('shop', [])
  })

  test('snapshots on one node only -> persistence.differs, who does what in its sentence; alike again -> gone', async () => {
    await set('b', 'save', '3600 1')
    const [finding] = await bench.sees('shop', ['persistence.differs'])
    assert.match(finding?.sentence ?? '', /a, c: an append-only file \(fsync everysec\); b: .* and snapshots \(3600 1\)/)
    await set('b', 'save', '')
    await bench.sees('shop', [])
  })

  test('a snapshot that cannot be written -> persistence.failing; room for it and its commands run -> gone', async () => {
    const { server } = at('c')
    const place = join(server.dir, 'dump.rdb')
    rmSync(place, { force: true })
    mkdirSync(place)
    try {
      // The append-only file may still be written anew, after the switching on and off above.
      await server.ask('BGSAVE', 'SCHEDULE')
      const findings = await bench.sees('shop', ['persistence.failing c'])
      rmSync(place, { recursive: true })
      await mend(findings)
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
    await bench.sees('shop', [])
  })

  test('less memory on one node -> memory.differs; alike again -> gone', async () => {
    await set('c', 'maxmemory', '512mb')
    const [finding] = await bench.sees('shop', ['memory.differs'])
    assert.match(finding?.sentence ?? '', /a, b: no limit, noeviction; c: 512 MiB, noeviction/)
    await set('c', 'maxmemory', '0')
    await bench.sees('shop', [])
  })

  test('more is written in a minute than the backlog keeps -> backlog.small on every node; its commands run -> gone', async () => {
    for (const { id } of places) await set(id, 'repl-backlog-size', '16kb')
    const value = 'x'.repeat(50_000)
    const stop = new AbortController()
    // At one pace, however busy the machine is: what is late is caught up.
    const began = performance.now()
    const writer = (async () => {
      for (let n = 1; !stop.signal.aborted; n++) {
        await at('a').server.ask('SET', 'data', value)
        await pass(began + n * 50 - performance.now())
      }
    })()
    try {
      // A rate is measured between two looks: both while it is written.
      await bench.look('shop')
      await pass(rateOverMs + 100)
      await mend(await bench.sees('shop', ['backlog.small a', 'backlog.small b', 'backlog.small c']))
      await staysTrue('the backlog is large enough', 1_500, async () => {
        const findings = await bench.look('shop')
        return findings.length === 0 ? found(true) : instead(findings.map(({ sentence }) => sentence).join())
      })
    } finally {
      stop.abort()
      await writer
    }
    for (const { id } of places) await set(id, 'repl-backlog-size', '1mb')
  })

  test('rights taken from our user -> rights.missing names each command; its command run -> gone', async () => {
    const { server } = at('b')
    const taken = ['-replicaof', '-config|rewrite', '-client|pause', '-exec', 'resetkeys']
    assert.equal(await server.ask('ACL', 'SETUSER', 'regroup', ...taken), 'OK')
    const findings = await bench.sees('shop', ['rights.missing b'])
    assert.match(
      findings[0]?.sentence ?? '',
      /the user regroup use EXEC, GET regroup:mark, REPLICAOF, CONFIG REWRITE, CLIENT PAUSE, SET regroup:mark$/,
    )
    assert.equal((await server.info('replication')).get('master_port'), String(at('a').server.port), 'trying changed nothing')
    await mend(findings)
    await bench.sees('shop', [])
  })

  test('our clock differs by 5 s -> clock.skew of every node; right again -> gone', async () => {
    bench.wallShiftMs = -5000
    const findings = await bench.sees('shop', ['clock.skew a', 'clock.skew b', 'clock.skew c'])
    assert.match(findings[0]?.sentence ?? '', /the clock of a is (?:4\.9|5\.0) s ahead of this controller's/)
    bench.wallShiftMs = 0
    await bench.sees('shop', [])
  })

  test('a replica known to its primary by another address -> replica.address; its commands run -> gone, and in sync', async () => {
    await set('c', 'replica-announce-ip', hosts[0])
    await at('c').server.ask('CLIENT', 'KILL', 'TYPE', 'master')
    await mend(await bench.sees('shop', ['replica.address c']))
    await bench.sees('shop', [])
    await bench.until('shop', 'healthy')
  })

  test('the controller on the machine of the primary -> place.controller, with a switchover that mends it', async () => {
    bench.controllerHosts.add(at('a').host)
    const [finding] = await bench.sees('shop', ['place.controller a'])
    assert.deepEqual(finding?.commands, ['regroup switchover shop --to b'])
    const moved = await bench.controller.command('shop', { name: 'switchover', to: 'b', by: 'test', dryRun: false })
    assert.equal(moved.ok, true)
    await until('b is primary', 10_000, () => (bench.controller.status('shop').primary === 'b' ? found(true) : instead('not yet')))
    await bench.until('shop', 'healthy')
    await bench.sees('shop', [])
  })
})
