// A group of real servers that a real controller has taken over.
import type { Policy } from '../../src/core/model.ts'
import { converged, facts } from './check.ts'
import type { ClientOptions } from './client.ts'
import type { Controller } from './controller.ts'
import { type Group, type GroupOptions, startGroup } from './servers.ts'
import { until } from './wait.ts'

/** A replica counts after its first acknowledgement, up to 2 s after its link is up; the rest is a busy machine. */
const takeOverLimitMs = 60_000

export interface WatchedOptions extends GroupOptions {
  readonly policy?: Partial<Policy>
  /** Where observers speak from. */
  readonly client?: ClientOptions
}

/** regroup did not take a sound group over; with the facts of the group before it was dismissed. */
export class NotTaken extends Error {
  readonly facts: unknown

  constructor(message: string, seen: unknown) {
    super(message)
    this.facts = seen
  }
}

/** Ends when regroup calls the group healthy and the nodes agree. */
export async function startWatched(controller: Controller, id: string, count: number, options: WatchedOptions): Promise<Group> {
  const group = await startGroup(id, count, options)
  try {
    await takeOver(controller, group, options)
    return group
  } catch (error) {
    const seen = await facts(group, controller, options.client)
    await dismiss(controller, group)
    throw new NotTaken(error instanceof Error ? error.message : String(error), seen)
  }
}

export async function takeOver(controller: Controller, group: Group, options: Pick<WatchedOptions, 'policy' | 'client'>): Promise<void> {
  const applied = await controller.api.apply([group.spec(options.policy)])
  if (!applied.ok) throw new Error(`regroup refused the group: ${applied.status} ${applied.code} ${applied.detail}`)
  await until(`group ${group.id} is healthy`, takeOverLimitMs, () => converged(group, controller.api, options.client), 20)
}

/** regroup forgets the group, then its servers go. */
export async function dismiss(controller: Controller, group: Group): Promise<void> {
  if (controller.isRunning) await controller.api.apply([], [group.id], 'the case ended')
  await group.remove()
}
