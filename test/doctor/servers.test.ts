// What the doctor finds in how servers were started, where they are and who they are: real servers, brought about, seen, mended, gone.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { found, instead, until } from '../../proof/harness/wait.ts'
import { DoctorBench, type Place, hosts, placed, serverOn } from './bench.ts'
import { makeCertificates } from '../servers/certificates.ts'
import { RedisServer, freePort, type RedisOptions } from '../servers/redis.ts'

let bench: DoctorBench
before(async () => {
  bench = await DoctorBench.open({ main: { username: null, password: 'right' } })
})
after(async () => await bench.close())

async function alone(options: RedisOptions = {}): Promise<Place> {
  const server = await serverOn(hosts[0], options)
  await server.start()
  return { id: 'a', server, host: hosts[0] }
}

/** Restarts a server with its file changed. */
async function restarted({ server }: Place, change: (config: string) => string): Promise<void> {
  await server.kill9()
  server.writeConfig(change(server.config))
  await server.start()
}

void describe('one server', () => {
  test('it wants a password that the group does not give -> access.password; given -> gone', async () => {
    const place = await alone({ config: { requirepass: 'right' } })
    await bench.watch('locked', [place])
    const [finding] = await bench.sees('locked', ['access.password a'])
    assert.match(finding?.wayOut ?? '', /credentials of regroup\.yaml/)
    assert.deepEqual(
      bench.controller.status('locked').doctor.unexamined.map(({ node }) => node),
      ['a'],
    )
    await bench.watch('locked', [place], { credential: 'main' })
    await bench.sees('locked', [])
  })

  test('another server at its address -> access.protocol; the right address -> gone', async () => {
    const web = createHttp((_request, response) => response.end('hello'))
    await new Promise<void>((resolve) => web.listen(0, hosts[0], resolve))
    const bound = web.address()
    assert(typeof bound === 'object' && bound !== null)
    const place = await alone()
    await bench.watch('web', [{ ...place, server: new RedisServer(bound.port) }])
    await bench.sees('web', ['access.protocol a'])
    await bench.watch('web', [place])
    await bench.sees('web', [])
    web.close()
  })

  test('a certificate that nobody vouches for -> access.tls; its authority known -> gone', async () => {
    const certificates = makeCertificates()
    const { certFile, keyFile, caFile } = certificates
    const place = await alone({ tls: { certFile, keyFile, caFile } })
    await bench.watch('tls', [place], { tls: true })
    await bench.sees('tls', ['access.tls a'])
    bench.ca.push(certificates.ca)
    await bench.sees('tls', [])
    certificates.remove()
  })

  test('no room for another connection -> access.full; room again -> gone', async () => {
    const place = await alone()
    await bench.healthy('full', [place])
    const held = connect(place.server.port, hosts[0])
    const said = async (command: string): Promise<void> => {
      held.write(`${command}\r\n`)
      await new Promise((resolve) => held.once('data', resolve))
    }
    await said('PING')
    await said('CONFIG SET maxclients 1')
    await bench.sees('full', ['access.full a'])
    await said('CONFIG SET maxclients 1000')
    await bench.sees('full', [])
    held.destroy()
  })

  test('commands renamed away -> commands.missing names them; back -> gone', async () => {
    const renamed = 'rename-command REPLICAOF ""\nrename-command CLIENT HIDDEN\n'
    const place = await alone()
    await restarted(place, (config) => config + renamed)
    await bench.watch('renamed', [place])
    const [finding] = await bench.sees('renamed', ['commands.missing a'])
    assert.match(
      finding?.sentence ?? '',
      /a does not know REPLICAOF, CLIENT SETNAME, CLIENT LIST, CLIENT KILL, CLIENT PAUSE, CLIENT UNPAUSE:/,
    )
    await restarted(place, (config) => config.replace(renamed, ''))
    await bench.sees('renamed', [])
  })

  test('started without a file -> file.none; with one -> gone', async () => {
    const port = await freePort()
    const bare = `exec redis-server --port ${port} --bind ${hosts[0]} --appendonly yes --save ""`
    const server = new RedisServer(port, { launcher: ['/bin/sh', '-c', bare] })
    await server.start()
    await bench.watch('bare', [{ id: 'a', server, host: hosts[0] }])
    await bench.sees('bare', ['file.none a'])
    await server.kill9()
    const filed = new RedisServer(port, { config: { appendonly: 'yes' } })
    await filed.start()
    await bench.watch('bare', [{ id: 'a', server: filed, host: hosts[0] }])
    await bench.sees('bare', [])
    await server.remove()
  })

  test('a file that cannot be written -> file.unwritable with the reason; writable -> gone', async () => {
    const place = await alone()
    const { configFile, config } = place.server
    // Also for root: a directory cannot be replaced by a file.
    rmSync(configFile)
    mkdirSync(configFile)
    await bench.watch('stuck', [place])
    const [finding] = await bench.sees('stuck', ['file.unwritable a'])
    assert.match(finding?.sentence ?? '', /a could not write .*redis\.conf \(.*[Dd]irectory/)
    await place.server.kill9()
    rmSync(configFile, { recursive: true })
    writeFileSync(configFile, config)
    await place.server.start()
    await bench.sees('stuck', [])
  })

  test('cluster mode -> mode.cluster; without -> gone', async () => {
    const place = await alone({ config: { 'cluster-enabled': 'yes' } })
    await bench.watch('cluster', [place])
    await bench.sees('cluster', ['mode.cluster a'])
    await restarted(place, (config) => config.replace('cluster-enabled yes', 'cluster-enabled no'))
    await bench.sees('cluster', [])
  })
})

void describe('servers of different versions', () => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-doctor-binary-'))
  after(() => rmSync(dir, { recursive: true, force: true }))

  /** A copy of the real server that says another version of the same length. */
  function calledItself(version: string): string {
    const real = '/usr/bin/redis-server'
    const file = join(dir, `redis-server-${version}`)
    const bytes = readFileSync(real)
    copyFileSync(real, file)
    writeFileSync(file, Buffer.from(bytes.toString('latin1').replaceAll(ours(bytes), version), 'latin1'))
    return file
  }

  function ours(bytes: Buffer): string {
    return /Redis version=(\d+\.\d+\.\d+)/.exec(bytes.toString('latin1'))?.[1] ?? '7.0.15'
  }

  test('another release on one node -> version.differs; an old one -> version.old too; alike -> gone', async () => {
    const binary = join(dir, 'redis-server')
    const use = (file: string): void => {
      rmSync(binary, { force: true })
      symlinkSync(file, binary)
    }
    use('/usr/bin/redis-server')
    const [first, second] = await placed(2, {}, { binary })
    assert(first !== undefined && second !== undefined)
    await bench.healthy('mixed', [first, second])
    await bench.sees('mixed', [])
    use(calledItself('7.0.10'))
    await second.server.restart()
    const [finding] = await bench.sees('mixed', ['version.differs'])
    assert.match(finding?.sentence ?? '', /a: 7\.0\.15; b: 7\.0\.10/)
    use(calledItself('6.0.15'))
    await second.server.restart()
    await bench.sees('mixed', ['version.old b', 'version.differs'])
    use('/usr/bin/redis-server')
    await second.server.restart()
    await bench.sees('mixed', [])
    unlinkSync(binary)
  })
})

void describe('where nodes are', () => {
  test('the replica on the machine of the primary -> place.together; elsewhere -> gone', async () => {
    const [first, second] = await placed(2)
    assert(first !== undefined && second !== undefined)
    await bench.watch('near', [first, { ...second, host: hosts[0] }])
    await bench.sees('near', ['place.together', 'replica.address b'])
    await bench.watch('near', [first, second])
    await bench.sees('near', [])
  })

  test('one process under two addresses -> address.twice for both; one taken out -> gone', async () => {
    const place = await alone()
    await bench.watch('once', [place])
    await bench.watch('again', [{ ...place, id: 'x', host: hosts[1] }])
    const [finding] = await bench.sees('once', ['address.twice a'])
    assert.match(
      finding?.sentence ?? '',
      new RegExp(`is the same process as node x of group again \\(127\\.0\\.0\\.2:${place.server.port}\\)`),
    )
    assert.ok((await bench.look('again')).some(({ id, node }) => id === 'address.twice' && node === 'x'))
    // Its record may just be written, since both groups work on one process.
    await until('the other group is gone', 10_000, async () => {
      const gone = bench.controller.apply({ put: [], remove: ['again'], by: 'test', why: '', dryRun: false, ifRevision: null })
      return await gone.then(
        () => found(true),
        (error: Error) => instead(error.message),
      )
    })
    // The other group may have left something behind: leaving gives a primary a plain file.
    const left = await bench.look('once')
    assert.ok(left.every(({ id }) => id !== 'address.twice'))
  })

  test('a loopback address beside others -> address.loopback; without -> gone', async () => {
    const place = await alone()
    const far: Place = { id: 'far', server: new RedisServer(6379), host: '192.0.2.1' }
    await bench.watch('half', [place, far])
    await bench.sees('half', ['address.loopback a'])
    await bench.watch('half', [place])
    await bench.sees('half', [])
    await far.server.remove()
  })

  test('three of four primaries on one host -> place.crowded for one of them, with its switchover; moved -> gone', async () => {
    const crowd = await DoctorBench.open()
    try {
      const groups = await Promise.all(
        ['g1', 'g2', 'g3', 'g4'].map(async (id, index) => {
          const [primary, replica] = index < 3 ? [hosts[0], hosts[index === 0 ? 1 : 2]] : [hosts[1], hosts[2]]
          const first = await serverOn(primary)
          const second = await serverOn(replica, { config: { replicaof: `${primary} ${first.port}` } })
          await Promise.all([first.start(), second.start()])
          return {
            id,
            places: [
              { id: 'a', server: first, host: primary },
              { id: 'b', server: second, host: replica },
            ],
          }
        }),
      )
      for (const { id, places } of groups) await crowd.watch(id, places)
      for (const { id } of groups) await crowd.until(id, 'healthy')
      const [crowded] = await crowd.sees('g1', ['place.crowded a'])
      assert.deepEqual(crowded?.commands, ['regroup switchover g1 --to b'])
      assert.match(crowded?.sentence ?? '', /127\.0\.0\.1 hosts 3 of 4 primaries/)
      for (const id of ['g2', 'g3', 'g4']) await crowd.sees(id, [])
      await crowd.controller.command('g1', { name: 'switchover', to: 'b', by: 'test', dryRun: false })
      await crowd.until('g1', 'healthy')
      await crowd.sees('g1', [])
    } finally {
      await crowd.close()
    }
  })
})

test('a replica whose password for its primary is wrong -> link.down after 10 s; the right one -> gone', { timeout: 60_000 }, async () => {
  const own = await DoctorBench.open({ main: { username: null, password: 'right' } })
  try {
    const places = await placed(2, { requirepass: 'right', masterauth: 'right' })
    const second = places[1]
    assert(second !== undefined)
    await own.healthy('auth', places, { credential: 'main' })
    await second.server.ask('AUTH', 'right', 'THEN', 'CONFIG', 'SET', 'masterauth', 'wrong')
    await second.server.ask('AUTH', 'right', 'THEN', 'CLIENT', 'KILL', 'TYPE', 'master')
    const [finding] = await own.sees('auth', ['link.down b'])
    assert.match(finding?.sentence ?? '', /b has had no link to a for 1\d s/)
    await second.server.ask('AUTH', 'right', 'THEN', 'CONFIG', 'SET', 'masterauth', 'right')
    await own.sees('auth', [])
  } finally {
    await own.close()
  }
})
