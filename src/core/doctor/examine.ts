// All checks, and what they find in one group.
import { accessChecks } from './accessChecks.ts'
import type { Check } from './check.ts'
import { dataChecks } from './dataChecks.ts'
import type { Examination } from './examination.ts'
import { type Finding, severities } from './finding.ts'
import { placeChecks } from './placeChecks.ts'
import { replicationChecks } from './replicationChecks.ts'

/** In the order of docs/doctor.md. */
export const checks: readonly Check[] = [...accessChecks, ...replicationChecks, ...dataChecks, ...placeChecks]

/** What is wrong, the most serious first; otherwise in the order of the checks. */
export function findingsOf(e: Examination, ignored: ReadonlySet<string>): Finding[] {
  return checks
    .filter(({ id }) => !ignored.has(id))
    .flatMap(({ id, severity, look }) => look(e).map((what) => ({ id, severity, ...what })))
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}
