// What a check is: a row that looks at one thing and says what it sees, with the way out.
import type { Examination, Patient } from './examination.ts'
import type { Finding, Severity } from './finding.ts'

export type Seen = Omit<Finding, 'id' | 'severity' | 'node'> & { readonly node: string | null }

export interface Check {
  readonly id: string
  readonly severity: Severity
  /** Gives one for each thing that is wrong; none when all is well or nothing is known. */
  readonly look: (e: Examination) => readonly Seen[]
}

export function seen(patient: Patient | null, sentence: string, wayOut: string, commands: readonly string[] = []): Seen {
  return { node: patient?.id ?? null, sentence, wayOut, commands }
}
