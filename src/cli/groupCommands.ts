// Commands that look at groups and that move or pause them.
import { Command } from 'commander'
import type { GroupStatus } from '../core/status.ts'
import type { Explanation, History, Paused } from '../server/schemas.ts'
import { acceptedText, pausedText } from './changesText.ts'
import { explainText, historyText } from './explainText.ts'
import { type ScheduleOptions, schedule } from './schedule.ts'
import { sessionOf } from './session.ts'
import type { Session } from './session.ts'
import { whyOption, wholeNumber } from './specCommands.ts'
import { groupText, groupsText } from './statusText.ts'
import { moveAndWait } from './waiting.ts'
import type { Accepted } from './waiting.ts'
import { watch } from './watch.ts'
import { duration, durationWithin } from './words.ts'

export function groupCommands(): Command[] {
  return [statusCommand(), switchoverCommand(), failoverCommand(), pauseCommand(), resumeCommand(), explainCommand(), historyCommand()]
}

function pathOf(group: string): string {
  return `/api/v1/groups/${encodeURIComponent(group)}`
}

function statusCommand(): Command {
  return new Command('status')
    .description('every group, or one with its nodes')
    .argument('[group]')
    .option('--watch', 'draw again at every change, until Ctrl-C')
    .action(async (group: string | undefined, options: { watch?: boolean }, command: Command) => {
      const session = sessionOf(command)
      if (options.watch === true) return await watch(session, group, untilInterrupted())
      if (group === undefined) {
        const { groups } = await session.client.get<{ groups: GroupStatus[] }>('/api/v1/groups')
        return session.show(groups, () => groupsText(groups, session.paint))
      }
      const status = await session.client.get<GroupStatus>(pathOf(group))
      return session.show(status, () => groupText(status, session.paint))
    })
}

function untilInterrupted(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}

interface MoveOptions {
  readonly to?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
}

function moving(command: Command): Command {
  return command
    .argument('<group>')
    .option('--to <node>', 'the new primary; the best one when not given')
    .option('--dry-run', 'only say what would be done')
    .option('--wait', 'until it ended, and say how long it took')
}

function switchoverCommand(): Command {
  return moving(new Command('switchover'))
    .description('move the primary without losing a write')
    .option('--at <instant>', 'then, and not now: "in 2h" or 2026-11-23T02:00Z')
    .option('--cancel', 'take back the one that is scheduled')
    .option('--reason, --why <text>', 'stands in the history; only with --at and --cancel')
    .action(async (group: string, options: MoveOptions & ScheduleOptions, command: Command) => {
      const session = sessionOf(command)
      if (options.at !== undefined || options.cancel === true) return await schedule(session, group, options)
      await move(session, group, 'switchover', options, {})
    })
}

function failoverCommand(): Command {
  return moving(new Command('failover'))
    .description('promote a replica although the primary does not help; writes it had not sent are lost')
    .requiredOption('--accept-loss', 'says that you know; without loss use switchover')
    .action(async (group: string, options: MoveOptions, command: Command) => {
      await move(sessionOf(command), group, 'failover', options, { acceptLoss: true })
    })
}

async function move(session: Session, group: string, name: 'switchover' | 'failover', options: MoveOptions, extra: object): Promise<void> {
  const dryRun = options.dryRun ?? false
  const ask = async (): Promise<Accepted> =>
    await session.client.post<Accepted>(`${pathOf(group)}/${name}`, {
      ...extra,
      dryRun,
      ...(options.to === undefined ? {} : { to: options.to }),
    })
  if (options.wait !== true || dryRun) {
    const accepted = await ask()
    return session.show(accepted, () => acceptedText(accepted, dryRun))
  }
  const { accepted, status, tookMs } = await moveAndWait(session.client, group, ask)
  return session.show(
    { ...accepted, tookMs: Math.round(tookMs), status },
    () =>
      `${acceptedText(accepted, false)}${accepted.candidate} is primary of ${group} at epoch ${status.epoch} after ${duration(tookMs)}\n`,
  )
}

function pauseCommand(): Command {
  return new Command('pause')
    .description('decide nothing in this group for a while')
    .argument('<group>')
    .option('--for <duration>', 'at most 7d', '30m')
    .option('--reason, --why <text>', 'stands in the history and in every status')
    .action(async (group: string, options: { for: string; why?: string }, command: Command) => {
      const session = sessionOf(command)
      const result = await session.client.post<Paused>(`${pathOf(group)}/pause`, {
        forMs: durationWithin('--for', options.for, '1s', '7d'),
        why: options.why ?? '',
      })
      session.show(result, () => pausedText(group, result))
    })
}

function resumeCommand(): Command {
  return new Command('resume')
    .description('end a pause')
    .argument('<group>')
    .option(...whyOption)
    .action(async (group: string, options: { why?: string }, command: Command) => {
      const session = sessionOf(command)
      const result = await session.client.post<Paused>(`${pathOf(group)}/resume`, { why: options.why ?? '' })
      session.show(result, () => pausedText(group, result))
    })
}

function explainCommand(): Command {
  return new Command('explain')
    .description('what is so in a group, what was decided or refused, and the facts behind it')
    .argument('<group>')
    .action(async (group: string, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const explanation = await session.client.get<Explanation>(`${pathOf(group)}/explain`)
      session.show(explanation, () => explainText(explanation, Date.now(), session.paint))
    })
}

function historyCommand(): Command {
  return new Command('history')
    .description('decisions, refusals and events, newest first')
    .argument('<group>')
    .option('--limit <n>', 'how many, 1 to 500', wholeNumber, 50)
    .option('--before <seq>', 'only entries with a smaller seq', wholeNumber)
    .action(async (group: string, options: { limit: number; before?: number }, command: Command) => {
      const session = sessionOf(command)
      const before = options.before === undefined ? '' : `&before=${options.before}`
      const history = await session.client.get<History>(`${pathOf(group)}/history?limit=${options.limit}${before}`)
      session.show(history, () => historyText(history, group, session.paint))
    })
}
