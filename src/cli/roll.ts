// `regroup roll`: a rolling restart, guided. The server says what is next; this tells a person, or runs the command that restarts a node.
import { spawn } from 'node:child_process'
import { Command } from 'commander'
import { formatAddress } from '../core/address.ts'
import type { GroupStatus } from '../core/status.ts'
import type { RollStep, RollView } from '../core/roll.ts'
import { UserError } from '../errors.ts'
import type { Client } from './client.ts'
import { sessionOf } from './session.ts'
import type { Session } from './session.ts'
import { rollText } from './statusText.ts'
import { type Accepted, moveAndWait } from './waiting.ts'
import { duration, instant, durationWithin, safe } from './words.ts'

/** The server is asked what is next this often; it looks at its nodes about as often. */
const lookEveryMs = 200

interface RollOptions {
  readonly exec?: string
  readonly within: string
  readonly why?: string
  readonly cancel?: boolean
  readonly show?: boolean
}

export function rollCommand(): Command {
  return new Command('roll')
    .description('restart every node, one at a time: the replicas first, then the primary after it handed over; run it again to go on')
    .argument('<group>')
    .option('--exec <command>', 'restarts the node that NODE, HOST and PORT name; without it you are told when to restart which')
    .option('--within <duration>', 'how long one step may take', '30m')
    .option('--reason, --why <text>', 'stands in the history and in every status')
    .option('--show', 'only say where it stands')
    .option('--cancel', 'forget what was begun; nothing is undone')
    .action(async (group: string, options: RollOptions, command: Command) => {
      const session = sessionOf(command)
      if (options.show === true) return await show(session, group)
      if (options.cancel === true) return await cancel(session, group)
      await roll(session, group, { ...options, withinMs: durationWithin('--within', options.within, '1s', '1d') })
    })
}

function pathOf(group: string): string {
  return `/api/v1/groups/${encodeURIComponent(group)}`
}

interface Rolling {
  readonly roll: RollView | null
}

async function show(session: Session, group: string): Promise<void> {
  const { roll } = await session.client.get<Rolling>(`${pathOf(group)}/roll`)
  session.show({ roll }, () => rollViewText(group, roll))
}

async function cancel(session: Session, group: string): Promise<void> {
  const { roll } = await session.client.post<Rolling>(`${pathOf(group)}/roll`, { end: true })
  session.show({ roll }, () => rollViewText(group, roll))
}

interface Way extends RollOptions {
  readonly withinMs: number
}

/** Takes every step until all is done. Throws NOT_NOW at the first doubt, and when a step takes too long. */
async function roll(session: Session, group: string, way: Way): Promise<void> {
  const { client } = session
  const started = performance.now()
  const say = (event: string, sentence: string, more: object = {}): void => tell(session, { group, event, sentence, ...more })
  const begun = await client.post<Rolling>(`${pathOf(group)}/roll`, { why: way.why ?? '' })
  if (begun.roll !== null) say('begins', `since ${instant(begun.roll.since)}: ${begun.roll.left.join(', ')} to be restarted`)
  const had = new Set<string>()
  let said = ''
  let since = performance.now()
  for (;;) {
    const { roll: now } = await client.get<Rolling>(`${pathOf(group)}/roll`)
    if (now === null) throw new UserError('NOT_NOW', `somebody else ended the roll of ${group}`)
    const { step } = now
    if (step.kind === 'done') break
    if (step.kind === 'doubt') throw stopped(group, step.sentence)
    if (step.sentence !== said) since = performance.now()
    if (step.sentence !== said && step.kind === 'wait') say('waits', step.sentence)
    said = step.sentence
    if (performance.now() - since > way.withinMs) throw stopped(group, `${step.sentence}, for ${duration(way.withinMs)} now`)
    if (step.kind === 'switchover') await handOver(client, group, step, say)
    // Whoever was told once is waited for: its process may take its time to end.
    else if (step.kind === 'restart' && !had.has(step.node)) {
      had.add(step.node)
      await restart(client, group, step.node, way, say)
    } else await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  await client.post<Rolling>(`${pathOf(group)}/roll`, { end: true })
  const status = await client.get<GroupStatus>(pathOf(group))
  const tookMs = Math.round(performance.now() - started)
  say('done', `every node of ${group} was restarted and is in sync, after ${duration(tookMs)}; ${status.primary} is primary`, { tookMs })
}

type Say = (event: string, sentence: string, more?: object) => void

async function handOver(client: Client, group: string, step: Extract<RollStep, { kind: 'switchover' }>, say: Say): Promise<void> {
  say('switchover', step.sentence, { to: step.to })
  const moved = await moveAndWait(client, group, () => client.post<Accepted>(`${pathOf(group)}/switchover`, { to: step.to }))
  say('moved', `${moved.accepted.candidate} is primary after ${duration(moved.tookMs)}`, { tookMs: Math.round(moved.tookMs) })
}

async function restart(client: Client, group: string, node: string, way: Way, say: Say): Promise<void> {
  const status = await client.get<GroupStatus>(pathOf(group))
  const address = status.nodes.find((one) => one.id === node)?.address
  if (address === undefined) throw stopped(group, `${node} is no node of it any more`)
  await client.post<Rolling>(`${pathOf(group)}/roll`, { restart: node })
  if (way.exec === undefined) return say('restart', `restart ${node} (${formatAddress(address)}) now`, { node, ...address })
  say('restart', `restarts ${node} (${formatAddress(address)})`, { node, ...address })
  const problem = await run(way.exec, { GROUP: group, NODE: node, HOST: address.host, PORT: String(address.port) }, way.withinMs)
  if (problem !== null) throw stopped(group, `the command for ${node} ${problem}`)
}

/** What is wrong with how it ended; null when it ended well. Its output goes to stderr, ours stays readable. */
async function run(command: string, names: Readonly<Record<string, string>>, withinMs: number): Promise<string | null> {
  return await new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { env: { ...process.env, ...names }, stdio: ['ignore', 2, 2], timeout: withinMs })
    child.once('error', (error) => resolve(`could not be run: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(code === 0 ? null : signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    )
  })
}

function stopped(group: string, why: string): UserError {
  const ways = `When it is mended, \`regroup roll ${group}\` goes on from there; \`regroup roll ${group} --cancel\` forgets it`
  return new UserError('NOT_NOW', `the roll of ${group} stops: ${why}. ${ways}`)
}

/** One line for each step; with --json one value on a line. */
function tell({ json }: Session, event: { readonly group: string; readonly event: string; readonly sentence: string }): void {
  process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${safe(event.sentence)}\n`)
}

export function rollViewText(group: string, roll: RollView | null): string {
  if (roll === null) return `no rolling restart of ${group} is under way\n`
  return `${group}: ${rollText(roll)}\nNext: ${safe(roll.step.sentence)}\n`
}
