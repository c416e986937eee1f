// `--wait`: follows a switchover or failover from before it was asked for until it ended, and says how long it took.
import type { GroupStatus } from '../core/status.ts'
import { UserError } from '../errors.ts'
import type { CommandAnswer } from '../ports.ts'
import type { Client } from './client.ts'
import { duration } from './words.ts'

export type Accepted = Extract<CommandAnswer, { ok: true }>
export type Outcome = 'running' | 'done' | 'other'

/** Longer than the longest switchover deadline with its actions; a person should look what holds it. */
export const waitLimitMs = 120_000

/** Where a move stands by one status. `moved`: an earlier status showed it under way. */
export function outcomeOf(status: GroupStatus, accepted: Pick<Accepted, 'epoch' | 'candidate'>, moved: boolean): Outcome {
  if (status.phase !== 'steady' || status.epoch < accepted.epoch) return 'running'
  if (status.primary === accepted.candidate) return 'done'
  return moved || status.epoch > accepted.epoch ? 'other' : 'running'
}

export interface Moved {
  readonly accepted: Accepted
  readonly status: GroupStatus
  readonly tookMs: number
}

/** Sends the command and waits for its end. Throws NOT_NOW when it ended otherwise or not in time. */
export async function moveAndWait(client: Client, group: string, ask: () => Promise<Accepted>): Promise<Moved> {
  const limit = AbortSignal.timeout(waitLimitMs)
  const over = new AbortController()
  try {
    return await followed(client, group, ask, limit, AbortSignal.any([limit, over.signal]))
  } finally {
    // An open stream would keep the process alive.
    over.abort()
  }
}

async function followed(
  client: Client,
  group: string,
  ask: () => Promise<Accepted>,
  limit: AbortSignal,
  stop: AbortSignal,
): Promise<Moved> {
  // The stream stands before the question leaves, so that nothing of the move can be missed.
  let events = await client.events(stop)
  const started = performance.now()
  const accepted = await ask()
  let moved = false
  for (;;) {
    for await (const status of statuses(client, group, events)) {
      const outcome = outcomeOf(status, accepted, moved)
      moved ||= status.phase === 'failover' || status.phase === 'switchover'
      if (outcome === 'done') return { accepted, status, tookMs: performance.now() - started }
      if (outcome === 'other') throw new UserError('NOT_NOW', `${accepted.candidate} did not become primary: ${status.verdict.sentence}`)
    }
    if (limit.aborted) {
      const way = `look with \`regroup explain ${group}\``
      throw new UserError('NOT_NOW', `${accepted.candidate} is not primary after ${duration(waitLimitMs)}; it may still become it: ${way}`)
    }
    // The stream was cut. A server that is gone ends the waiting with its own error.
    events = await client.events(stop)
  }
}

/** Looks at a group's status, and at each change of it, until `judge` gives something. Throws NOT_NOW when that takes too long. */
export async function awaitStatus<T>(
  client: Client,
  group: string,
  what: string,
  judge: (status: GroupStatus) => T | null,
  limitMs = waitLimitMs,
): Promise<T> {
  const limit = AbortSignal.timeout(limitMs)
  const over = new AbortController()
  let last = ''
  try {
    while (!limit.aborted) {
      for await (const status of statuses(client, group, await client.events(AbortSignal.any([limit, over.signal])))) {
        const given = judge(status)
        if (given !== null) return given
        last = status.sentence
      }
    }
  } finally {
    // An open stream would keep the process alive.
    over.abort()
  }
  throw new UserError('NOT_NOW', `waited ${duration(limitMs)} for ${what}; it may still come: ${last}`)
}

/** The status as it is, then each change of it. */
async function* statuses(
  client: Client,
  group: string,
  events: AsyncIterable<{ name: string; data: string }>,
): AsyncGenerator<GroupStatus> {
  yield await client.get<GroupStatus>(`/api/v1/groups/${encodeURIComponent(group)}`)
  for await (const { name, data } of events) {
    if (name !== 'status') continue
    const status = JSON.parse(data) as GroupStatus
    if (status.group === group) yield status
  }
}
