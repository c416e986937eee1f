// What each number of a policy may be, and why. One table for the spec's rules, the API's schema and the help.
import type { Policy } from './model.ts'

export interface PolicyRange {
  readonly min: number
  readonly max: number
  readonly unit: 'ms' | 'bytes' | 'nodes' | 'failovers'
  readonly why: string
}

export type NumericPolicyKey = { [K in keyof Policy]: Policy[K] extends number ? K : never }[keyof Policy]

const day = 86_400_000
const mebibyte = 1_048_576

export const policyRanges: Readonly<Record<NumericPolicyKey, PolicyRange>> = {
  probeEveryMs: { min: 20, max: 10_000, unit: 'ms', why: 'faster only burdens the node, slower cannot notice a death in time' },
  silentAfterMs: {
    min: 100,
    max: 120_000,
    unit: 'ms',
    why: 'below it a pause of the network looks like a death, above it nobody is helped',
  },
  retryDownMs: { min: 10, max: 10_000, unit: 'ms', why: 'how soon a node that came back is noticed' },
  actionTimeoutMs: {
    min: 100,
    max: 60_000,
    unit: 'ms',
    why: 'a role change and the writing of a file must fit, a frozen node must not hold a failover',
  },
  inSyncMaxLagBytes: {
    min: 1_024,
    max: 1_024 * mebibyte,
    unit: 'bytes',
    why: 'what a failover may lose; a ping alone is some bytes of lag',
  },
  parallelSyncs: { min: 1, max: 32, unit: 'nodes', why: 'each full sync costs the primary a fork and its bandwidth' },
  canaryEveryMs: { min: 100, max: 60_000, unit: 'ms', why: 'one small write a period; it tells whose data a node holds to this precision' },
  canaryTimeoutMs: { min: 100, max: 60_000, unit: 'ms', why: 'a slow disk must fit, a hung primary must not' },
  betterCandidateMs: { min: 0, max: 600_000, unit: 'ms', why: 'the group is not writable while it waits for a node that holds more' },
  switchoverDeadlineMs: { min: 200, max: 60_000, unit: 'ms', why: 'clients wait this long at most in a planned switchover' },
  flapFailovers: { min: 1, max: 100, unit: 'failovers', why: 'so many forced failovers in the window mean that something else is broken' },
  flapWindowMs: { min: 1_000, max: day, unit: 'ms', why: 'failovers older than this are forgotten' },
  failbackAfterMs: { min: 1_000, max: day, unit: 'ms', why: 'a node that keeps dying must not become primary again at once' },
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
