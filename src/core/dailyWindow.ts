// A window of each day on a clock of some place: "02:00-04:00", "22:00-02:00 Europe/Berlin". Without a zone it is UTC.
import type { WallTime } from './model.ts'
import { type Said, say } from './said.ts'

export const windowPattern = '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]( [A-Za-z0-9_+/-]{1,40})?$'

interface DailyWindow {
  /** Minutes after midnight. */
  readonly from: number
  readonly to: number
  readonly clock: Intl.DateTimeFormat
}

/** Made once for each text: a clock of another zone costs more than all else that a group does in a step. */
const known = new Map<string, DailyWindow | null>()
/** More texts than this at once are no policies. */
const mostKnown = 1000

function windowOf(text: string): DailyWindow | null {
  const found = known.get(text)
  if (found !== undefined) return found
  const made = parsed(text)
  if (known.size >= mostKnown) known.clear()
  known.set(text, made)
  return made
}

function parsed(text: string): DailyWindow | null {
  if (!new RegExp(windowPattern).test(text)) return null
  const [hours = '', zone = 'UTC'] = text.split(' ')
  const [from, to] = hours.split('-').map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))
  const clock = clockOf(zone)
  return from === undefined || to === undefined || from === to || clock === null ? null : { from, to, clock }
}

function clockOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  } catch {
    // No such zone.
    return null
  }
}

/** What is wrong with it, or null. */
export function windowProblem(text: unknown): Said | null {
  if (typeof text === 'string' && windowOf(text) !== null) return null
  return say('input.window', { found: JSON.stringify(text), must: say('rule.window') })
}

/** Whether it is open at an instant; the end does not belong to it. Over midnight when it ends before it begins. */
export function isOpen(text: string, at: WallTime): boolean {
  const window = windowOf(text)
  if (window === null) return false
  const { from, to, clock } = window
  const [hour = 0, minute = 0] = clock.format(at).split(':').map(Number)
  const now = hour * 60 + minute
  return from < to ? now >= from && now < to : now >= from || now < to
}
