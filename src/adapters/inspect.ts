// The doctor's questions to one node, on a connection that is closed after them: what was only tried is thereby withdrawn.
import type { Inspected } from '../core/doctor/inspection.ts'
import type { Inspector } from '../engines/inspection.ts'
import type { Clock } from '../ports.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { closed, failed } from './outcome.ts'

export interface InspectOptions extends Pick<ConnectionOptions, 'address' | 'tls' | 'credential' | 'defaultUser'> {
  readonly inspector: Inspector
  readonly clock: Clock
  /** For each of the two batches, the connect included. */
  readonly timeoutMs: number
}

export async function inspectNode({ inspector, clock, timeoutMs, ...options }: InspectOptions): Promise<Inspected> {
  // Without a name: it changes no role, and a user that may not set names is to be told so with the rest.
  const connection = new Connection({ ...options, name: null, greetFirst: true })
  try {
    const askedAt = clock.wall()
    const answer = await connection.answer(inspector.questions, timeoutMs)
    if (!answer.ok) return { ok: false, failure: answer.failure }
    const answeredAt = clock.wall()
    const refused = inspector.refused(answer.replies)
    if (refused !== null) return { ok: false, failure: refused }
    const trial = inspector.mayTry(answer.replies) ? await connection.answer(inspector.trial, timeoutMs) : failed(closed)
    return { ok: true, inspection: inspector.read(answer.replies, trial.ok ? trial.replies : []), askedAt, answeredAt }
  } finally {
    connection.destroy(closed)
  }
}
