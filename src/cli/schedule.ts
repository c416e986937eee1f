// `regroup switchover --at`, `--cancel` and `regroup schedule`: a switchover at an instant to come.
import { Command } from 'commander'
import type { Scheduled } from '../core/model.ts'
import type { GroupStatus } from '../core/status.ts'
import { UserError } from '../errors.ts'
import type { ScheduledAnswer } from '../server/schemas.ts'
import { sessionOf } from './session.ts'
import type { Session } from './session.ts'
import { table } from './table.ts'
import { duration, instant, parseInstant, safe } from './words.ts'

export interface ScheduleOptions {
  readonly at?: string
  readonly cancel?: boolean
  readonly to?: string
  readonly why?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
}

/** Schedules a switchover, or takes the one back that is. */
export async function schedule(session: Session, group: string, options: ScheduleOptions): Promise<void> {
  const { at, cancel = false, to, why = '', dryRun = false, wait = false } = options
  if (cancel && (at !== undefined || to !== undefined)) throw new UserError('BAD_INPUT', '--cancel takes no other switchover; say it alone')
  if (wait) throw new UserError('BAD_INPUT', 'a switchover that is to come cannot be waited for; leave --wait out')
  const body = at === undefined ? { cancel } : { at: parseInstant(at, Date.now()), ...(to === undefined ? {} : { to }) }
  const answer = await session.client.post<ScheduledAnswer>(`/api/v1/groups/${encodeURIComponent(group)}/schedule`, {
    ...body,
    why,
    dryRun,
  })
  session.show(answer, () => `${dryRun ? 'dry run: ' : ''}${scheduledText(group, answer.scheduled)}\n`)
}

export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('the switchovers that are scheduled; `regroup switchover GROUP --at` makes one')
    .action(async (_options: unknown, command: Command) => {
      const session = sessionOf(command)
      const { groups } = await session.client.get<{ groups: GroupStatus[] }>('/api/v1/groups')
      const scheduled = groups.flatMap(({ group, scheduled: each }) => (each === null ? [] : [{ group, ...each }]))
      session.show(scheduled, () => listText(scheduled, session, Date.now()))
    })
}

function listText(scheduled: readonly (Scheduled & { readonly group: string })[], { paint }: Session, now: number): string {
  if (scheduled.length === 0) return 'no switchover is scheduled\n'
  const rows = scheduled
    .toSorted((a, b) => a.at - b.at)
    .map(({ group, at, to, by, why }) => [group, instant(at), duration(Math.max(0, at - now)), to ?? 'the best', safe(by), safe(why)])
  return `${table(['GROUP', 'AT', 'IN', 'TO', 'BY', 'WHY'], rows, paint)}\n`
}

export function scheduledText(group: string, scheduled: Scheduled | null): string {
  if (scheduled === null) return `no switchover of ${group} is scheduled now`
  const { at, to, by, why } = scheduled
  return `Switchover${to === null ? '' : ` to ${to}`} scheduled for ${instant(at)} by ${safe(by)}${why === '' ? '' : `: ${safe(why)}`}; \`regroup switchover ${group} --cancel\` takes it back`
}
