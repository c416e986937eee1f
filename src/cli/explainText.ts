// `regroup explain` and `regroup history`: what is so, what was decided or refused, and the facts behind it. Data in, text out.
import type { Evidence, LogEntry } from '../core/model.ts'
import type { GroupStatus, Passage, Recovery, RecoveryStep } from '../core/status.ts'
import type { Explanation } from '../server/schemas.ts'
import { nodesText, paintedState, pauseText, plannedLines } from './statusText.ts'
import { table } from './table.ts'
import { ago, duration, instant, safe } from './words.ts'
import type { Colour, Paint } from './words.ts'

const lately = 5

export function explainText(explanation: Explanation, now: number, paint: Paint): string {
  const status: GroupStatus = explanation.status
  const { verdict } = status
  const parts = [
    [
      `${paint('bold', status.group)}: ${paintedState(status.state, paint)}, ${safe(status.diagnosis)}`,
      safe(status.sentence),
      ...evidenceLines(status.evidence),
    ],
    [
      `${paint('bold', verdict.kind === 'decision' ? 'Last decision' : 'On hold')}: ${safe(verdict.sentence)}`,
      `  rule ${verdict.rule}, ${ago(verdict.at, now)}`,
      ...evidenceLines(verdict.evidence),
    ],
    status.pause === null ? [] : [paint('bold', pauseText(status))],
    plannedLines(status).map((line) => paint('bold', line)),
    titled(
      'Warnings',
      status.warnings.map((warning) => `  ${paint('yellow', '!')} ${safe(warning)}`),
      paint,
    ),
    titled('Nodes', indented(nodesText(status.nodes, paint)), paint),
    titled('Change of primary', passageLines(status.passage.running ?? status.passage.last, now, paint), paint),
    titled(
      'Recoveries',
      status.recoveries.flatMap((recovery) => recoveryLines(recovery, now, paint)),
      paint,
    ),
    titled('Lately', indented(entriesTable(explanation.recent.slice(0, lately), paint)), paint),
  ]
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`
}

function titled(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : [paint('bold', title), ...lines]
}

function indented(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => `  ${line}`)
}

function evidenceLines(evidence: Evidence): string[] {
  const facts = Object.entries(evidence)
  const width = Math.max(0, ...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `  ${safe(name).padEnd(width)}  ${value === null ? 'unknown' : safe(String(value))}`)
}

const marks: Readonly<Record<RecoveryStep['state'], readonly [string, Colour]>> = {
  done: ['✓', 'green'],
  now: ['▸', 'yellow'],
  waiting: ['·', 'grey'],
  failed: ['✗', 'red'],
  skipped: ['-', 'grey'],
}

/** The way back of one node: each step with its time after the node was seen again. */
function recoveryLines(recovery: Recovery, now: number, paint: Paint): string[] {
  const took = duration(Math.max(0, (recovery.endedAt ?? now) - recovery.startedAt))
  const done = recovery.steps.filter((step) => step.state === 'done' || step.state === 'skipped').length
  const isOver = recovery.endedAt !== null
  const failed = recovery.steps.some((step) => step.state === 'failed')
  const head = isOver ? `${failed ? 'ended' : 'back'} after ${took}` : `under way for ${took}`
  const width = Math.max(...recovery.steps.map((step) => step.name.length))
  return [
    `  ${recovery.node}: ${head}, ${done} of ${recovery.steps.length} steps, seen ${instant(recovery.startedAt)}`,
    ...recovery.steps.map((step) => {
      const [mark, colour] = marks[step.state]
      const when = step.afterMs === null ? '' : duration(step.afterMs)
      return `    ${paint(colour, mark)} ${step.name.padEnd(width)}  ${when.padEnd(8)}  ${stepNote(step)}`.trimEnd()
    }),
  ]
}

/** The one under way, or the last that was watched to its end: each step with its time after the first. */
function passageLines(passage: Passage | null, now: number, paint: Paint): string[] {
  if (passage === null) return []
  const { kind, epoch, from, to, startedAt, endedAt, steps } = passage
  const took = duration(Math.max(0, (endedAt ?? now) - startedAt))
  const width = Math.max(...steps.map((step) => step.name.length))
  return [
    `  ${kind} from ${from} to ${to ?? 'nobody yet'}, epoch ${epoch}: ${endedAt === null ? `under way for ${took}` : `ended after ${took}`}, began ${instant(startedAt)}`,
    ...steps.map(({ name, state, afterMs }) => {
      const [mark, colour] = marks[state]
      return `    ${paint(colour, mark)} ${name.padEnd(width)}  ${afterMs === null ? state : duration(afterMs)}`
    }),
  ]
}

function stepNote(step: RecoveryStep): string {
  const note = step.note === null ? '' : safe(step.note)
  if (step.state === 'done' || step.state === 'waiting') return note
  return note === '' ? step.state : `${step.state}: ${note}`
}

interface HistoryPage {
  readonly entries: readonly LogEntry[]
  readonly next: number | null
}

export function historyText(history: HistoryPage, group: string, paint: Paint): string {
  if (history.entries.length === 0) return 'nothing happened yet\n'
  const more = history.next === null ? '' : `\nmore: regroup history ${group} --before ${history.next}\n`
  return `${entriesTable(history.entries, paint)}\n${more}`
}

const kindColours: Readonly<Record<LogEntry['kind'], Colour>> = { decision: 'green', hold: 'yellow', event: 'grey' }

function entriesTable(entries: readonly LogEntry[], paint: Paint): string {
  if (entries.length === 0) return ''
  const rows = entries.map((entry) => [
    instant(entry.at),
    String(entry.seq),
    String(entry.epoch),
    paint(kindColours[entry.kind], entry.kind),
    safe(entry.rule),
    safe(entry.sentence),
  ])
  return table(['TIME', 'SEQ', 'EPOCH', 'KIND', 'RULE', 'WHAT'], rows, paint)
}
