// Run by hosts.test.ts inside a network of its own: machines that are really apart. Prints the findings as JSON.
import { execFileSync } from 'node:child_process'
import { main } from '../../proof/harness/cleanup.ts'
import { Network } from '../../proof/harness/network.ts'
import { startRedis } from '../servers/redis.ts'
import { DoctorBench, type Place } from './bench.ts'

main({ limitMs: 60_000 }, async () => {
  const network = Network.open()
  const places: Place[] = []
  for (const id of ['a', 'b', 'c']) {
    const host = await network.host(id)
    const [first] = places
    const replicaof = first === undefined ? {} : { replicaof: `${first.host} ${first.server.port}` }
    const config = { bind: `${host.ip} 127.0.0.1`, appendonly: 'yes', 'protected-mode': 'no', ...replicaof }
    places.push({ id, server: await startRedis({ host: host.ip, launcher: host.launcher, config }), host: host.ip })
  }
  const bench = await DoctorBench.open()
  await bench.healthy('apart', places)
  await bench.sees('apart', [])
  const other = await network.host('d')
  const config = { bind: `${other.ip} 127.0.0.1`, appendonly: 'yes' }
  const server = await startRedis({ host: other.ip, launcher: other.launcher, config })
  await bench.watch('closed', [{ id: 'a', server, host: other.ip }])
  const findings = await bench.sees('closed', ['access.protected a'])
  // On that machine, as the finding says.
  for (const command of findings.flatMap((finding) => finding.commands)) {
    execFileSync('nsenter', [...other.launcher.slice(1), 'sh', '-c', command])
  }
  await bench.sees('closed', [])
  console.log('as it should be')
  await bench.close()
  network.close()
  return 0
})
