// Four primaries that the controller cannot reach, or only half, and that are alive: nothing may happen, and regroup says why.
import { fileURLToPath } from 'node:url'
import { oneFamily } from '../harness/check.ts'
import { Client, type ClientOptions, must, roleOf } from '../harness/client.ts'
import { Controller } from '../harness/controller.ts'
import { Network, clientIp, controllerIp, isInsideOwnNetwork, knock, runInsideOwnNetwork } from '../harness/network.ts'
import { type Section, type Violation, table } from '../harness/report.ts'
import { type Group, startGroup } from '../harness/servers.ts'
import { freePort } from '../../test/servers/redis.ts'
import { found, instead, staysTrue, until } from '../harness/wait.ts'
import { dismiss, takeOver } from '../harness/watched.ts'
import { Notebook, type Story, type Told } from './story.ts'

const watchMs = 15_000
const sayLimitMs = 5_000

interface Scene {
  readonly name: string
  /** Does it; gives how to undo it. */
  readonly hurt: (group: Group, controller: Controller, network: Network) => Promise<void>
  readonly hosts: boolean
}

const scenes: readonly Scene[] = [
  {
    name: 'its port was changed (CONFIG SET port), controller restarted',
    hosts: false,
    async hurt(group, controller) {
      const port = String(await freePort())
      const { address } = group.node('n1')
      await must(address, 'CONFIG', 'SET', 'port', port)
      await controller.kill9()
      await controller.start()
    },
  },
  {
    name: 'the controller is refused by a firewall (REJECT)',
    hosts: true,
    hurt: (group, _controller, network) => cut(group, network, 'REJECT'),
  },
  {
    name: 'idle, and cut from the controller only (DROP)',
    hosts: true,
    hurt: (group, _controller, network) => cut(group, network, 'DROP'),
  },
  {
    name: 'all its connections are taken (maxclients), controller restarted',
    hosts: false,
    async hurt(group, controller) {
      const { address } = group.node('n1')
      await must(address, 'CONFIG', 'SET', 'maxclients', '30')
      await controller.kill9()
      await occupy(address)
      await controller.start()
    },
  },
]

const title = `A primary that lives is left alone for ${watchMs / 1000} s`

export const noFailover: Story = async ({ say }) => {
  if (isInsideOwnNetwork()) return playInside()
  say(`no-failover: ${scenes.length} scenes at once, watched for ${watchMs / 1000} s`)
  const entry = fileURLToPath(new URL('../stories.ts', import.meta.url))
  const { code, stdout } = await runInsideOwnNetwork(entry, ['no-failover', '--json'])
  if (code > 1) throw new Error(`the scenes could not be played: exit code ${code}`)
  const report = JSON.parse(stdout) as {
    readonly sections: Readonly<Record<string, readonly Row[]>>
    readonly violations: readonly Violation[]
  }
  return { sections: [sectionOf(report.sections[title] ?? [])], violations: report.violations }
}

async function playInside(): Promise<Told> {
  const network = Network.open()
  const notes = new Notebook()
  const rows = await Promise.all(scenes.map((scene) => play(scene, network, notes)))
  network.close()
  return { sections: [sectionOf(rows)], violations: notes.violations }
}

interface Row {
  readonly scene: string
  readonly kept: boolean
  readonly says: string
}

async function play(scene: Scene, network: Network, notes: Notebook): Promise<Row> {
  const controller = await Controller.start()
  const id = `scene${scenes.indexOf(scene)}`
  const hosts = scene.hosts ? [await network.host(`${id}-1`), await network.host(`${id}-2`), await network.host(`${id}-3`)] : null
  const group = await startGroup(id, 3, { persistence: 'aof', delay: 5, ...(hosts === null ? {} : { hosts }) })
  const client: ClientOptions = hosts === null ? {} : { from: clientIp }
  let says = ''
  const violationsBefore = notes.violations.length
  await notes.attempt(
    `no-failover, ${scene.name}`,
    group,
    controller,
    async () => {
      await takeOver(controller, group, { client })
      const before = await controller.api.group(id)
      await scene.hurt(group, controller, network)
      const trouble = await until('regroup says that something is wrong', sayLimitMs, async () => {
        const status = await controller.api.group(id)
        if (status === null) return instead('no answer')
        return status.diagnosis !== before?.diagnosis && status.phase !== 'new' && status.state !== 'unknown'
          ? found(status)
          : instead(`${status.diagnosis}: ${status.sentence}`)
      })
      says = `${trouble.diagnosis}: ${trouble.sentence}`
      await staysTrue('no failover', watchMs, async () => {
        const status = await controller.api.group(id)
        if (status === null) return instead('regroup does not answer')
        if (status.epoch !== before?.epoch || status.primary !== 'n1' || status.phase !== 'steady')
          return instead(`primary ${status.primary}, epoch ${status.epoch}, ${status.phase}: ${status.verdict.sentence}`)
        for (const replica of ['n2', 'n3']) {
          const role = await roleOf(group.node(replica).address, client)
          if (role.role !== 'replica') return instead(`${replica} is ${role.role}`)
        }
        says = `${status.diagnosis}: ${status.sentence} [${status.verdict.kind} ${status.verdict.rule}: ${status.verdict.sentence}]`
        return found(true)
      })
      const explained = await controller.api.explain(id)
      const names =
        explained?.status.verdict.kind === 'hold' && /\bn1\b/.test(`${explained.status.sentence} ${explained.status.verdict.sentence}`)
      await notes.promise(`no-failover, ${scene.name}`, 'explain holds and names the primary', names, says, group, controller, client)
    },
    client,
  )
  await dismiss(controller, group)
  await controller.remove()
  return { scene: scene.name, kept: notes.violations.length === violationsBefore, says }
}

async function cut(group: Group, network: Network, rule: 'DROP' | 'REJECT'): Promise<void> {
  const host = network.at(group.node('n1').address.host)
  network.cut(host, controllerIp, rule)
  const [us, it] = await Promise.all([knock(clientIp, group.node('n1').address, 500), knock(controllerIp, group.node('n1').address, 500)])
  if (us !== 'open' || it !== (rule === 'DROP' ? 'silent' : 'refused'))
    throw new Error(`the firewall does not do what it should: ${us}, ${it}`)
  const family = await oneFamily(group, { from: clientIp })
  if ('instead' in family) throw new Error(`the group is not whole: ${family.instead}`)
}

/** Takes connections until the server refuses one; they stay until the process ends. */
async function occupy(address: { readonly host: string; readonly port: number }): Promise<void> {
  for (let taken = 0; taken < 100; taken++) {
    const client = await Client.connect(address)
    const called = client instanceof Client ? await client.call(['PING']) : client
    if (!called.ok) return
  }
  throw new Error('maxclients was never reached')
}

function sectionOf(rows: readonly Row[]): Section {
  return {
    title,
    text: table(
      ['scene', 'no failover', 'regroup says'],
      rows.map((row) => [row.scene, row.kept ? 'yes' : 'NO', row.says]),
    ),
    data: rows,
  }
}
