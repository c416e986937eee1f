// `regroup status`: all groups in one table, or one group with its nodes. Data in, text out.
import { formatAddress } from '../core/address.ts'
import type { GroupState, GroupStatus, NodeStatus } from '../core/status.ts'
import { statusLines, summary as doctorSummary } from './doctorText.ts'
import { scheduledText } from './schedule.ts'
import { table } from './table.ts'
import { ago, counted, duration, instant, safe, size } from './words.ts'
import type { Colour, Paint } from './words.ts'

const stateColours: Readonly<Record<GroupState, Colour>> = { healthy: 'green', degraded: 'yellow', down: 'red', unknown: 'grey' }
const stateOrder: readonly GroupState[] = ['down', 'unknown', 'degraded', 'healthy']

export function paintedState(state: GroupState, paint: Paint): string {
  return paint(stateColours[state], state)
}

/** Every group in one row, then how many are in which state. */
export function groupsText(statuses: readonly GroupStatus[], paint: Paint): string {
  if (statuses.length === 0) return 'no groups yet; add one with `regroup group add NAME --node a=HOST:PORT --node b=HOST:PORT`\n'
  const rows = statuses.map((status) => [
    status.group,
    paintedState(status.state, paint),
    primaryText(status),
    `${status.inSync.length} of ${status.nodes.length}`,
    String(status.epoch),
    safe(status.sentence) + pausedNote(status),
  ])
  return `${table(['GROUP', 'STATE', 'PRIMARY', 'IN SYNC', 'EPOCH', 'WHAT'], rows, paint)}\n\n${summary(statuses)}\n`
}

function summary(statuses: readonly GroupStatus[]): string {
  const counts = stateOrder.flatMap((state) => {
    const count = statuses.filter((status) => status.state === state).length
    return count === 0 ? [] : [`${count} ${state}`]
  })
  const warned = statuses.filter((status) => status.warnings.length > 0).map((status) => status.group)
  const [first] = warned
  const warnings =
    first === undefined
      ? ''
      : `; warnings in ${warned.length === 1 ? first : counted(warned.length, 'group')}, see \`regroup explain ${first}\``
  const findings = statuses.some(({ doctor }) => doctor.findings.length > 0) ? '; see `regroup doctor`' : ''
  const doctor = doctorSummary(statuses.map((status) => status.doctor))
  return `${counted(statuses.length, 'group')}: ${counts.join(', ')}${warnings}\ndoctor: ${doctor}${findings}`
}

function primaryText(status: GroupStatus): string {
  const node = status.nodes.find((candidate) => candidate.id === status.primary)
  return node === undefined ? (status.primary ?? '-') : `${node.id} ${formatAddress(node.address)}`
}

function pausedNote(status: GroupStatus): string {
  return status.pause === null ? '' : ` (paused until ${instant(status.pause.until)})`
}

/** One group: what it is called, then a row per node. */
export function groupText(status: GroupStatus, paint: Paint): string {
  const lines = [
    `${paint('bold', status.group)}: ${paintedState(status.state, paint)}, ${status.writable ? 'writable' : 'not writable'}, ${phaseText(status)}, epoch ${status.epoch}`,
    safe(status.sentence),
    ...(status.pause === null ? [] : [pauseText(status)]),
    ...plannedLines(status),
    '',
    nodesText(status.nodes, paint),
    '',
    ...statusLines(status.doctor, status.group, paint),
    ...status.warnings.map((warning, index) => `${index === 0 ? '\n' : ''}${paint('yellow', 'warning')}: ${safe(warning)}`),
  ]
  return `${lines.join('\n')}\n`
}

function phaseText(status: GroupStatus): string {
  return status.candidate === null ? status.phase : `${status.phase} to ${status.candidate}`
}

/** What is going to happen to the primary by itself. */
export function plannedLines(status: GroupStatus): string[] {
  return [
    ...(status.scheduled === null ? [] : [scheduledText(status.group, status.scheduled)]),
    ...(status.failback === null ? [] : [failbackText(status.failback)]),
    ...(status.roll === null ? [] : [rollText(status.roll)]),
  ]
}

function failbackText({ node, at, window }: NonNullable<GroupStatus['failback']>): string {
  const when = at === null ? 'when it has been in sync long enough' : `not before ${instant(at)}`
  return `${node} is preferred and becomes primary again: ${when}${window === null ? '' : `, between ${window}`}`
}

export function rollText({ since, by, why, restarted, left }: NonNullable<GroupStatus['roll']>): string {
  const names = (ids: readonly string[]): string => (ids.length === 0 ? 'nobody' : ids.join(', '))
  return `Rolling restart since ${instant(since)} by ${safe(by)}${why === '' ? '' : `: ${safe(why)}`}; restarted: ${names(restarted)}; left: ${names(left)}`
}

export function pauseText(status: GroupStatus): string {
  const { pause } = status
  if (pause === null) return 'not paused'
  return `Paused until ${instant(pause.until)} by ${safe(pause.by)}${pause.why === '' ? '' : `: ${safe(pause.why)}`}`
}

/** A row per node; the column of problems only when there is one. */
export function nodesText(nodes: readonly NodeStatus[], paint: Paint): string {
  const rows = nodes.map((node) => [
    node.id,
    formatAddress(node.address),
    node.role,
    paint(node.health === 'up' ? 'green' : 'red', node.health),
    node.inSync ? 'yes' : paint('yellow', 'no'),
    linkText(node),
    node.lagBytes === null ? '-' : size(node.lagBytes),
    node.keys === null ? '-' : String(node.keys),
    node.lastReplyAgoMs === null ? 'never' : `${duration(node.lastReplyAgoMs)} ago`,
    node.site ?? '-',
    safe(node.version ?? '-'),
    [node.problem ?? '', maintenanceText(node)].filter(Boolean).map(safe).join('; '),
  ])
  const head = ['NODE', 'ADDRESS', 'ROLE', 'HEALTH', 'IN SYNC', 'LINK', 'LAG', 'KEYS', 'LAST REPLY', 'SITE', 'VERSION', 'PROBLEM']
  const shown = rows.some((row) => row.at(-1) !== '') ? head.length : head.length - 1
  return table(
    head.slice(0, shown),
    rows.map((row) => row.slice(0, shown)),
    paint,
  )
}

function maintenanceText({ maintenance }: NodeStatus): string {
  if (maintenance === null) return ''
  const { until, by, why } = maintenance
  return `in maintenance until ${instant(until)}${by === '' ? '' : ` by ${by}`}${why === '' ? '' : `: ${why}`}`
}

function linkText(node: NodeStatus): string {
  if (node.linkUp === null) return '-'
  return node.linkUp ? 'up' : 'down'
}

/** The screen of `--watch`: the text, under a line that says when it is not fresh. */
export function watchText(text: string, lostSince: number | null, now: number, paint: Paint): string {
  if (lostSince === null) return text
  return `${paint('red', `connection lost, shown since ${instant(lostSince)} (${ago(lostSince, now)}); trying again`)}\n\n${text}`
}
