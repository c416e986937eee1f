// `regroup status --watch`: draws the groups again whenever one changes, and says so when it cannot know any more.
import { setTimeout as wait } from 'node:timers/promises'
import type { GroupStatus } from '../core/status.ts'
import { UserError } from '../errors.ts'
import type { Session } from './session.ts'
import { groupText, groupsText, watchText } from './statusText.ts'

/** Eyes follow no more, and a failover sends many changes at once. */
const drawEveryMs = 100
/** The server is asked this often while it does not answer. */
const reconnectMs = 1000

type Statuses = ReadonlyMap<string, GroupStatus>

interface View {
  readonly statuses: Statuses
  /** When the connection was lost; null while it stands. */
  readonly lostSince: number | null
}

/** Watches until `stop`. Throws when the first connection fails; later losses are shown and mended. */
export async function watch(session: Session, group: string | undefined, stop: AbortSignal): Promise<void> {
  const screen = screenOf(session, group)
  try {
    for (let first = true; !stop.aborted; first = false) {
      try {
        await follow(session, group, screen.draw, stop)
      } catch (error) {
        if (first || !(error instanceof UserError) || error.code !== 'NO_SERVER') throw error
      }
      if (stop.aborted) return
      screen.lost()
      await wait(reconnectMs, undefined, { signal: stop }).catch(() => {})
    }
  } finally {
    screen.close()
  }
}

/** One connection: what is, then what changes, until it ends. */
async function follow(session: Session, group: string | undefined, draw: Screen['draw'], stop: AbortSignal): Promise<void> {
  const over = new AbortController()
  try {
    // The stream first: a change between the two is then seen twice instead of never.
    const events = await session.client.events(AbortSignal.any([stop, over.signal]))
    let statuses = await read(session, group)
    draw(statuses)
    for await (const { name, data } of events) {
      if (name === 'spec') statuses = await read(session, group)
      else if (name === 'status') statuses = changed(statuses, JSON.parse(data) as GroupStatus, group)
      else continue
      draw(statuses)
    }
  } finally {
    // An open stream would keep the process alive.
    over.abort()
  }
}

async function read(session: Session, group: string | undefined): Promise<Statuses> {
  const { client } = session
  if (group !== undefined) return new Map([[group, await client.get<GroupStatus>(`/api/v1/groups/${encodeURIComponent(group)}`)]])
  const { groups } = await client.get<{ groups: GroupStatus[] }>('/api/v1/groups')
  return new Map(groups.map((status) => [status.group, status]))
}

function changed(statuses: Statuses, status: GroupStatus, group: string | undefined): Statuses {
  return group === undefined || group === status.group ? new Map(statuses).set(status.group, status) : statuses
}

interface Screen {
  readonly draw: (statuses: Statuses) => void
  readonly lost: () => void
  readonly close: () => void
}

function screenOf(session: Session, group: string | undefined): Screen {
  const isTerminal = process.stdout.isTTY && !session.json
  let view: View = { statuses: new Map(), lostSince: null }
  let timer: NodeJS.Timeout | null = null
  const print = (): void => {
    timer = null
    const text = watchText(textOf(view.statuses, session, group), view.lostSince, Date.now(), session.paint)
    if (session.json) process.stdout.write(`${JSON.stringify({ lostSince: view.lostSince, groups: [...view.statuses.values()] })}\n`)
    else process.stdout.write(isTerminal ? frame(text, process.stdout.rows) : `${text}\n`)
  }
  const change = (next: View): void => {
    view = next
    timer ??= setTimeout(print, drawEveryMs)
  }
  // No cursor, no wrapping: a frame has as many lines as its text.
  if (isTerminal) process.stdout.write('\u001B[?25l\u001B[?7l\u001B[2J')
  return {
    draw: (statuses) => change({ statuses, lostSince: null }),
    lost: () => change({ ...view, lostSince: view.lostSince ?? Date.now() }),
    close() {
      if (timer !== null) {
        clearTimeout(timer)
        print()
      }
      if (isTerminal) process.stdout.write('\u001B[?7h\u001B[?25h\n')
    },
  }
}

function textOf(statuses: Statuses, session: Session, group: string | undefined): string {
  const list = [...statuses.values()].toSorted((a, b) => (a.group < b.group ? -1 : 1))
  const [only] = list
  return group !== undefined && only !== undefined ? groupText(only, session.paint) : groupsText(list, session.paint)
}

/** A frame over the last one: each line is overwritten and its rest cleared, so that nothing flickers. */
export function frame(text: string, rows: number): string {
  const lines = text.trimEnd().split('\n')
  const shown =
    lines.length < rows ? lines : [...lines.slice(0, Math.max(1, rows - 2)), `... ${lines.length - Math.max(1, rows - 2)} more lines`]
  return `\u001B[H${shown.map((line) => `${line}\u001B[K`).join('\n')}\u001B[J`
}
