// The demo to play with: a writer per group shows in one line what clients feel; what regroup decides scrolls by above it.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { info } from '../harness/client.ts'
import { Controller } from '../harness/controller.ts'
import { Follower } from '../harness/events.ts'
import { round, table } from '../harness/report.ts'
import type { Group } from '../harness/servers.ts'
import { pass } from '../harness/wait.ts'
import { startWatched } from '../harness/watched.ts'
import { Writer, following } from '../harness/writers.ts'

const usualPort = 7070
/** Enough to see a gap of milliseconds, little enough to leave the machine to the person. */
const writesPerSecond = 400
const drawEveryMs = 250

interface Shown {
  readonly group: Group
  readonly writer: Writer
  primary: string
  pid: string
  gap: { readonly ms: number; readonly at: number } | null
  lastAckAt: number
  lastAckBy: string
  counted: number
}

export async function liveDemo(dir: string): Promise<number> {
  console.log('starting a controller and two groups of real redis-servers ...')
  const port = (await isFree(usualPort)) ? usualPort : null
  if (port === null) console.log(`port ${usualPort} is taken: the demo's controller takes a free one`)
  const controller = await Controller.start(port === null ? {} : { port })
  const groups = await Promise.all([
    startWatched(controller, 'shop', 3, { persistence: 'aof', delay: 5 }),
    startWatched(controller, 'cart', 2, { persistence: 'aof', delay: 5 }),
  ])
  const shown = groups.map((group): Shown => ({
    group,
    writer: new Writer('demo', following(controller.api, group.id), { perSecond: writesPerSecond }).start(),
    primary: 'n1',
    pid: String(group.node('n1').server.pid),
    gap: null,
    lastAckAt: performance.now(),
    lastAckBy: '',
    counted: 0,
  }))
  console.log(introduction(controller, groups, dir))
  const follower = new Follower(controller.url)
  for (let told = 0; ;) {
    await pass(drawEveryMs)
    for (const event of follower.events.slice(told)) {
      if (event.kind === 'log')
        above(`${new Date(event.entry.at).toISOString().slice(11, 23)} ${event.entry.group}: ${event.entry.sentence}`)
    }
    told = follower.events.length
    for (const one of shown) await look(one, controller)
    live(shown.map(lineOf).join(' | '))
  }
}

function introduction(controller: Controller, groups: readonly Group[], dir: string): string {
  const at = controller.url.endsWith(`:${usualPort}`) ? '' : ` --server ${controller.url}`
  const rows = groups.flatMap((group) =>
    group.nodes.map((node) => [
      group.id,
      node.id,
      `127.0.0.1:${node.address.port}`,
      node.server.pid,
      node.id === 'n1' ? 'primary' : 'replica',
    ]),
  )
  const [shop, cart] = groups
  const start = starter(groups, dir)
  return `
${table(['group', 'node', 'address', 'pid', 'now'], rows)}

regroup answers at ${controller.url}: open it in a browser to watch; everything lives in ${dir}
Try in another terminal:

  script/run regroup status --watch${at}

  kill -9 ${shop?.node('n1').server.pid}           the primary of shop dies; later pids are in the line below
  ${start} shop n1      bring it back: it becomes a replica

  script/run regroup switchover cart${at}

  kill ${cart?.node('n2').server.pid} ; sleep 1 ; kill ${cart?.node('n1').server.pid}      stop all of cart, the replica first
  ${start} cart n2      start the replica: it must wait
  script/run regroup explain cart${at}
  ${start} cart n1      start the primary: all is well again

Ctrl-C stops everything.
`
}

/** A command that starts a node of the demo again, as its supervisor would. */
function starter(groups: readonly Group[], dir: string): string {
  const file = join(dir, 'start')
  const cases = groups.flatMap((group) => group.nodes.map((node) => `  '${group.id} ${node.id}') config='${node.server.configFile}' ;;`))
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$1 $2" in\n${cases.join('\n')}\n  *) echo "usage: $0 GROUP NODE"; exit 2 ;;\nesac\nredis-server "$config" >/dev/null 2>&1 &\n`,
    { mode: 0o755 },
  )
  return file
}

async function look(one: Shown, controller: Controller): Promise<void> {
  for (const ack of one.writer.acks) {
    const ms = ack.at - one.lastAckAt
    // Another primary is a gap however short; else a pace of 400 a second leaves gaps of a few milliseconds that mean nothing.
    if (ms > 50 || (one.lastAckBy !== '' && ack.node !== one.lastAckBy)) one.gap = { ms, at: ack.at }
    one.lastAckAt = ack.at
    one.lastAckBy = ack.node
  }
  one.counted = one.writer.acks.length
  one.writer.acks.length = 0
  const primary = one.writer.lastTarget
  if (primary === null || primary.node === one.primary) return
  one.primary = primary.node
  const said = await info(primary.address, 'server')
  one.pid = said?.get('process_id') ?? '?'
  above(`${one.group.id}: writes go to ${primary.node} now (pid ${one.pid}); status: ${controller.url}/api/v1/groups/${one.group.id}`)
}

function lineOf(one: Shown): string {
  const now = performance.now()
  const silent = now - one.lastAckAt
  const rate = silent > 500 ? `NO WRITES for ${round(silent / 1000)} s` : `${Math.round((one.counted * 1000) / drawEveryMs)} writes/s`
  const gap = one.gap === null ? 'no gap yet' : `gap ${round(one.gap.ms)} ms ${Math.round((now - one.gap.at) / 1000)} s ago`
  return `${one.group.id} ${one.primary} pid ${one.pid} ${rate}, ${gap}`
}

/** Without a terminal nothing is redrawn: one line a second would only fill a file. */
function live(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text.slice(0, (process.stdout.columns || 120) - 1)}`)
}

function above(text: string): void {
  console.log(process.stdout.isTTY ? `\r\u001b[K${text}` : text)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
