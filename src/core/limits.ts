// Every wait and limit, with its reason. A group's spec may set those that are part of its Policy.
import type { Address, GroupRecord, GroupSpec, Policy } from './model.ts'

export const defaults: Policy = {
  probeEveryMs: 250,
  silentAfterMs: 1000,
  retryDownMs: 100,
  actionTimeoutMs: 2000,
  inSyncMaxLagBytes: 1024 * 1024,
  parallelSyncs: 1,
  canaryEveryMs: 1000,
  canaryTimeoutMs: 5000,
  betterCandidateMs: 2000,
  switchoverDeadlineMs: 3000,
  flapFailovers: 3,
  flapWindowMs: 600_000,
  guard: 'auto',
  bootFence: true,
  acceptSplitRisk: 'auto',
  acceptStaleRisk: false,
  failback: 'off',
  failbackAfterMs: 300_000,
  failbackWindow: '02:00-04:00',
}

/** A primary with this guard accepts no write from anybody: closed. No real group has so many replicas. */
export const closedGuard = 9999
/** Some of its users may write, others were closed by us: told so again, or cut off half way. */
export const halfClosedGuard = 9998

/** A replica counts for the guard while it acknowledged within so many seconds; a cut off primary takes writes for that long. */
export const guardLagS = 2
/** Redis' own default; protects replicas from a primary reborn empty when nobody watches. 0 only while the boot fence does that. */
export const safeSyncDelayS = 5

/** The upstream of a fenced node: nothing listens on port 1, so it is read-only, keeps its data and feeds nobody. */
export const nowhere: Address = { host: '127.0.0.1', port: 1 }

/** While all is well, what is due within this is done together: a process that wakes for each node of a thousand groups wakes thousands of times a second. */
export const turnStepMs = 40

/** A healthy group at rest is decided about this often, though its primary only wrote on and nothing waits for its time. */
export const restMs = 5_000
/** While something is wrong or changing, nodes are asked this often: a crash heals in milliseconds, so we must look that often. */
export const urgentProbeMs = 4
/** ... while that is new. When nothing stirs, the gap grows with the time since: looking costs this share of what was waited at most, */
export const urgentShare = 0.08
/** ... up to this, so that a long hold does not burn a core. */
export const steadyUrgentProbeMs = 50
/** A replica's idle link moves at least once a second (we set the ping period): without movement for this long, `up` is only a claim. */
export const claimMs = 3000
/** A replica re-makes a link to a living primary within 1-8 ms (measured); this is many times that. */
export const proveWithinMs = 150
/** A link that was lost proves a death only when it stays down for longer than its replica needs to make it again; 1-8 ms on one machine (measured). */
export const relinkMs = 20
/** The link of a Pika's replica goes on saying up for 1.8 s after its primary's process has ended, and is made anew only then (measured). */
export const staleLinkMs = 2000
/** Between two demands for proof while a primary stays contested: each costs the replica a partial resync. */
export const proveAgainMs = 2000
/** An operator who moves the primary by hand needs two commands; we wait this long before taking a group without primary for broken. */
export const handoverGraceMs = 3000
/** With too many forced failovers lately, silence must last this many times longer before it counts. */
export const flapSilenceFactor = 10
/** A failed action is tried again after this, doubling up to the second figure. */
export const actionRetryMs = 100
export const actionRetryMaxMs = 5000
/** A file that could not be written is tried again this often; it needs a person. */
export const persistRetryMs = 60_000
/** A planned move that nobody waits for is not begun again sooner than this after one was given up: each try holds up the writes. */
export const plannedRetryMs = 60_000
/** A switchover whose time passed longer ago than this, while nobody ran or the group was in trouble, is refused: nobody expects it any more. */
export const scheduleGraceMs = 600_000
/** No failback waits longer than this for its node to have been in sync. */
export const failbackMaxMs = 86_400_000
/** Lineage entries and failover instants kept in a record. */
export const lineageKept = 16
/** A decision that could not be stored is tried again after this, doubling up to the second figure: a disk is full for minutes, and mended in a moment. */
export const saveRetryMs = 50
export const saveRetryMaxMs = 1000
/** A person who ordered something is told within this whether it is stored: a disk that hangs may do so for minutes. */
export const orderStoredWithinMs = 5000
/** This much lateness of our own loop is our own standing still, and no silence of anybody's. */
export const stallMs = 250
/** After that, what every node is asked has so long to be answered before silence counts again: many times what an answer takes. */
export const askedAnewMs = 100
/** A replica whose primary lives and whose link stays down for longer will not find it by itself: it tries every 10 s (docs/pika.md, P8). */
export const stuckLinkMs = 25_000
/** A primary that lives answers a replica at once, within 3 s while its role changes: who waits longer has missed the answer (docs/pika.md, P20). */
export const unansweredMs = 8_000
/**
 * A copy by force begins at the first attempt, within 4 s with a role change before it. A link that is up later, with no copy seen, was made at
 * the next attempt, 10 s after the first, which is a plain one (docs/pika.md, P3).
 */
export const copyBeginsMs = 8_000
/** Recoveries are shown this long after they ended. */
export const recoveryKeptMs = 3_600_000

export function policyOf(spec: GroupSpec): Policy {
  return { ...defaults, ...spec.policy }
}

/** Charts have a point each 10 s; INFO's other sections are a third of a probe's text. */
export const loadEveryMs = 10_000

/**
 * How many replicas must keep up for the primary to write, when all is well. A write does not wait for them: that is what replication is.
 * Why auto spares 1+1: its only replica's stop would stop the primary's writes too.
 */
function guardAsked(spec: GroupSpec, policy: Policy): number {
  const replicas = spec.nodes.length - 1
  const { guard } = policy
  if (guard === 'off' || replicas === 0) return 0
  if (guard === 'on') return 1
  return replicas >= 2 ? 1 : 0
}

/** The guard the primary should have now: `auto` gives way when no replica is left in sync, `on` does not. */
export function guardWanted(spec: GroupSpec, policy: Policy, record: Pick<GroupRecord, 'inSync'>): number {
  const asked = guardAsked(spec, policy)
  if (policy.guard === 'on') return asked
  return record.inSync.length > 1 ? asked : 0
}
