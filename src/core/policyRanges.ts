// What each number of a policy may be. One table for the spec's rules, the API's schema and the help; the sentences say why.
import type { Policy } from './model.ts'
import { type Said, say } from './said.ts'

export interface PolicyRange {
  readonly min: number
  readonly max: number
  readonly unit: 'ms' | 'bytes' | 'nodes' | 'failovers'
}

export type NumericPolicyKey = { [K in keyof Policy]: Policy[K] extends number ? K : never }[keyof Policy]

const day = 86_400_000
const mebibyte = 1_048_576

export const policyRanges: Readonly<Record<NumericPolicyKey, PolicyRange>> = {
  probeEveryMs: { min: 20, max: 10_000, unit: 'ms' },
  silentAfterMs: {
    min: 100,
    max: 120_000,
    unit: 'ms',
  },
  retryDownMs: { min: 10, max: 10_000, unit: 'ms' },
  actionTimeoutMs: {
    min: 100,
    max: 60_000,
    unit: 'ms',
  },
  inSyncMaxLagBytes: {
    min: 1_024,
    max: 1_024 * mebibyte,
    unit: 'bytes',
  },
  parallelSyncs: { min: 1, max: 32, unit: 'nodes' },
  canaryEveryMs: { min: 100, max: 60_000, unit: 'ms' },
  canaryTimeoutMs: { min: 100, max: 60_000, unit: 'ms' },
  betterCandidateMs: { min: 0, max: 600_000, unit: 'ms' },
  switchoverDeadlineMs: { min: 200, max: 60_000, unit: 'ms' },
  flapFailovers: { min: 1, max: 100, unit: 'failovers' },
  flapWindowMs: { min: 1_000, max: day, unit: 'ms' },
  failbackAfterMs: { min: 1_000, max: day, unit: 'ms' },
}

export const policyKeys: readonly (keyof Policy)[] = [
  'probeEveryMs',
  'silentAfterMs',
  'retryDownMs',
  'actionTimeoutMs',
  'inSyncMaxLagBytes',
  'parallelSyncs',
  'canaryEveryMs',
  'canaryTimeoutMs',
  'betterCandidateMs',
  'switchoverDeadlineMs',
  'flapFailovers',
  'flapWindowMs',
  'guard',
  'bootFence',
  'acceptSplitRisk',
  'acceptStaleRisk',
  'failback',
  'failbackAfterMs',
  'failbackWindow',
]

/** What it must be, and why. */
export function rangeRule(key: NumericPolicyKey): Said {
  return say('rule.range', { ...policyRanges[key], why: say(`range.${key}`) })
}
