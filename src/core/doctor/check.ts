// What a check is: a row that looks at one thing and says what it sees, with the way out.
import { type Said, inEnglish, worded } from '../said.ts'
import type { Examination, Patient } from './examination.ts'
import type { Finding, Severity } from './finding.ts'

export type Seen = Omit<Finding, 'id' | 'severity' | 'node'> & { readonly node: string | null }

export interface Check {
  readonly id: string
  readonly severity: Severity
  /** Gives one for each thing that is wrong; none when all is well or nothing is known. */
  readonly look: (e: Examination) => readonly Seen[]
}

export function seen(patient: Patient | null, said: Said, wayOut: Said, commands: readonly string[] = []): Seen {
  return { node: patient?.id ?? null, ...worded(said), wayOut: inEnglish(wayOut), wayOutSaid: wayOut, commands }
}
