// The doctor as an operator meets it: the command, a real server process, real nodes whose user may do too little.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DoctorReport } from '../src/core/doctor/finding.ts'
import { must } from './harness/client.ts'
import { Controller } from './harness/controller.ts'
import { type Group, startGroup } from './harness/servers.ts'
import { found, instead, until } from './harness/wait.ts'
import { dismiss } from './harness/watched.ts'
import { healthy, limitMs, otherPrimary } from './stories/waits.ts'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const shell = promisify(execFile)

void describe('nodes whose user may only look', () => {
  let controller: Controller
  let group: Group
  before(async () => {
    controller = await Controller.start({ settings: { credentials: { own: { username: 'regroup', password: 'secret' } } } })
    group = await startGroup('shop', 3, { persistence: 'aof', delay: 5 })
    for (const { address } of group.nodes) await must(address, 'ACL', 'SETUSER', 'regroup', 'on', '>secret', '+info')
  })
  after(async () => {
    await dismiss(controller, group)
    await controller.remove()
  })

  async function doctor(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    return await shell(process.execPath, [main, '--server', controller.url, 'doctor', ...words]).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, out: error.stdout }),
    )
  }

  async function report(): Promise<DoctorReport['groups'][number]> {
    const { out } = await doctor('shop', '--now', '--json')
    const [found] = (JSON.parse(out) as DoctorReport).groups
    assert(found !== undefined)
    return found
  }

  test('the lines that the doctor prints, and nothing else, -> take-over, failover, return, switchover and guard; nothing was denied', async () => {
    const spec = group.spec()
    const own = { ...spec, credential: 'own' }
    assert.ok((await controller.api.apply([own])).ok)
    await until('all nodes were heard', limitMs, async () => {
      const status = await controller.api.group('shop')
      return status?.nodes.every((node) => node.health !== 'unheard') === true ? found(true) : instead('not yet')
    })
    const before = await doctor('shop', '--now')
    assert.equal(before.code, 1)
    assert.match(
      before.out,
      /serious {2}rights\.missing {2}n1 does not let the user regroup use CONFIG GET, MULTI, EXEC, GET regroup:mark; what else/,
    )
    assert.doesNotMatch(before.out, /secret/)
    const { findings } = await report()
    const lines = findings.filter(({ id }) => id === 'rights.missing').flatMap(({ commands }) => commands)
    assert.equal(lines.length, 3)
    for (const line of lines) assert.match((await shell('sh', ['-c', line])).stdout, /^OK/)
    for (const { address } of group.nodes) await must(address, 'ACL', 'LOG', 'RESET')

    await healthy(controller, group)
    assert.equal(
      (await report()).findings.some(({ id }) => id === 'rights.missing'),
      false,
    )
    assert.deepEqual((await controller.api.group('shop'))?.guard, { recorded: 1, set: 1 })
    const old = group.node('n1')
    await old.server.kill9()
    const next = await otherPrimary(controller, group, 'n1')
    await old.server.start()
    assert.equal(await healthy(controller, group), next)
    await shell(process.execPath, [main, '--server', controller.url, 'switchover', 'shop', '--to', 'n1', '--wait'])
    assert.equal(await healthy(controller, group), 'n1')
    for (const { address, id } of group.nodes) assert.deepEqual(await must(address, 'ACL', 'LOG'), [], id)
    const names = (await report()).findings.map(({ id }) => id)
    assert.deepEqual(names, ['place.controller', 'place.together'], 'all that is left is where the test runs')
    const status = await shell(process.execPath, [main, '--server', controller.url, 'status', 'shop'])
    assert.match(status.stdout, /^doctor: 2 findings, looked \d{4}-.*Z, next \d{4}-.*Z; way out: `regroup doctor shop`$/m)
    assert.doesNotMatch(controller.log + before.out + status.stdout, /secret/)
  })

  test('a group that nobody knows -> UNKNOWN_GROUP, exit 4', async () => {
    assert.equal((await doctor('nope')).code, 4)
    assert.equal((await doctor('nope', '--now')).code, 4)
  })
})
