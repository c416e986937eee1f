// `regroup maintain`: a node is going to be worked on. Ends when it may be stopped, so that a script can go on with that.
import { Command } from 'commander'
import { formatAddress } from '../core/address.ts'
import type { GroupStatus, NodeStatus } from '../core/status.ts'
import { UserError } from '../errors.ts'
import type { Maintained } from '../server/maintenance.ts'
import type { Client } from './client.ts'
import { sessionOf } from './session.ts'
import { awaitStatus } from './waiting.ts'
import { duration, instant, durationWithin, safe } from './words.ts'

interface MaintainOptions {
  readonly for: string
  readonly why?: string
  readonly end?: boolean
  readonly dryRun?: boolean
}

export function maintainCommand(): Command {
  return new Command('maintain')
    .description('a node is going to be worked on: never promoted, may be down; a primary hands over first')
    .argument('<node>', 'GROUP/NODE, host:port, or NODE when one group alone has it')
    .option('--for <duration>', 'at most 7d', '30m')
    .option('--reason, --why <text>', 'stands in the history and in every status')
    .option('--end', 'the work is done')
    .option('--dry-run', 'only say what would be done')
    .action(async (name: string, options: MaintainOptions, command: Command) => {
      const session = sessionOf(command)
      const { status, node } = await nodeNamed(session.client, name)
      const started = performance.now()
      const result = await session.client.post<Maintained>(`/api/v1/groups/${encodeURIComponent(status.group)}/maintain`, {
        node: node.id,
        ...(options.end === true ? { end: true } : { forMs: durationWithin('--for', options.for, '1s', '7d') }),
        why: options.why ?? '',
        dryRun: options.dryRun ?? false,
      })
      if (result.handover === null || options.dryRun === true) {
        return session.show(result, () => maintainedText(status.group, result, options.dryRun ?? false))
      }
      const primary = await handedOver(session.client, status.group, node.id, result.handover.epoch)
      const tookMs = Math.round(performance.now() - started)
      session.show(
        { ...result, primary, tookMs },
        () => `${primary} took over from ${node.id} after ${duration(tookMs)}\n${maintainedText(status.group, result, false)}`,
      )
    })
}

/** Who is primary when this node is it no longer. Throws NOT_NOW when the switchover was given up. */
async function handedOver(client: Client, group: string, node: string, epoch: number): Promise<string> {
  return await awaitStatus(client, group, `${node} to hand over`, (status) => {
    if (status.phase !== 'steady' || status.primary === null) return null
    if (status.primary !== node) return status.writable && covered(status) ? status.primary : null
    if (status.epoch < epoch) return null
    throw new UserError(
      'NOT_NOW',
      `${node} is still primary: ${status.verdict.sentence}. It stays in maintenance and regroup tries again; do not stop it yet`,
    )
  })
}

/** Another replica is in sync with the new primary, when there is one that could be: stopping this node takes nothing away then. */
function covered(status: GroupStatus): boolean {
  const others = status.nodes.filter((node) => node.id !== status.primary && node.maintenance === null && node.health === 'up')
  return others.length === 0 || others.some((node) => node.inSync)
}

/** What the node may be called. Throws BAD_INPUT when several are, UNKNOWN_GROUP and UNKNOWN_NODE. */
export async function nodeNamed(client: Client, name: string): Promise<{ readonly status: GroupStatus; readonly node: NodeStatus }> {
  const { groups } = await client.get<{ groups: GroupStatus[] }>('/api/v1/groups')
  const all = groups.flatMap((status) => status.nodes.map((node) => ({ status, node })))
  const named = all.filter(
    ({ status, node }) => [node.id, `${status.group}/${node.id}`].includes(name) || formatAddress(node.address) === name,
  )
  const [first] = named
  if (first !== undefined && named.length === 1) return first
  if (first === undefined)
    throw new UserError('UNKNOWN_NODE', `there is no node ${JSON.stringify(name)}; \`regroup status GROUP\` lists those of a group`)
  const some = named.slice(0, 5).map(({ status, node }) => `${status.group}/${node.id}`)
  throw new UserError(
    'BAD_INPUT',
    `${named.length} groups have a node ${name}; say which: ${some.join(', ')}${named.length > 5 ? ', ...' : ''}`,
  )
}

export function maintainedText(group: string, { node, maintenance, revision }: Maintained, dryRun: boolean): string {
  if (maintenance === null) return `${dryRun ? 'dry run: ' : ''}${node} of ${group} is in no maintenance now; revision ${revision}\n`
  const why = maintenance.why === '' ? '' : ` (${safe(maintenance.why)})`
  return `${dryRun ? 'dry run: ' : ''}${node} of ${group} is in maintenance until ${instant(maintenance.until)}${why}; revision ${revision}; end it with \`regroup maintain ${group}/${node} --end\`\n`
}
