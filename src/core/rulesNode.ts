// What each node other than the primary is told under the saved record. Changes nothing in the record, so it needs no save.
import { breaksRing, chained, outlives } from './cascade.ts'
import { orderOf } from './order.ts'
import { bearsLater, feederOf, laterFedBy } from './laterEpoch.ts'
import { closedGuard, halfClosedGuard, handoverGraceMs, nowhere } from './limits.ts'
import type { Action, Replacing } from './action.ts'
import { type Address, latestEpoch } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows, freshSince, mute, refused, refuses } from './observe.ts'
import { type Case, type Rule, type Step, act, hold, rest, wait } from './rule.ts'
import { type Said, inEnglish, say } from './said.ts'
import { type Rejoin, awaitsCopy, brokenLink, mustBeStilled, rejoinOf } from './rejoin.ts'
import type { Verdict } from './diagnose.ts'
import { isOurs, ours } from './situation.ts'

/** A switchover ends in milliseconds; a controller that starts later has no reason to cut anybody. */
const steppedDownMs = 10_000

export interface NodeCase extends Case {
  readonly node: NodeView
}

const alive = (c: NodeCase): boolean => c.verdict.kind === 'alive' || c.verdict.kind === 'hung'
const isRecorded = (c: NodeCase): boolean => c.node.spec.id === c.record.primary
const openPrimary = (c: NodeCase): boolean => c.node.reading?.role === 'primary' && c.node.reading.guard !== closedGuard
const targetOf = (c: NodeCase): Address => ({ host: c.primary.spec.host, port: c.primary.spec.port })

function ready(c: NodeCase, action: Action['name']): boolean {
  // A node that is loading refuses every role change.
  return freshSince(c.node, c.s.memory.loadedAt) && !c.node.reading.loading && !refuses(c.node, action, c.s.now)
}

function tell(c: NodeCase, action: Action, said: Said, evidence: Record<string, string | number | boolean | null> = {}): Step {
  return act(said, [{ node: c.node.spec.id, action }], { node: c.node.spec.id, ...evidence })
}

/** The same of one that makes it a replica, with what that discards. */
function attach(c: NodeCase, action: Action, said: Said, discards: Said | null): Step {
  if (discards === null) return tell(c, action, said, { discards })
  return tell(c, action, say('node.discarding', { what: said, discards }), { discards: inEnglish(discards) })
}

/** What the node holds that the primary lacks and that following will discard; null when nothing is known. */
function discarded(c: NodeCase): Said | null {
  if (!answers(c.node) || !answers(c.primary)) return null
  const rejoin = rejoinOf(c, c.node)
  if (rejoin.kind === 'go' && rejoin.force) return rejoin.discards
  const comparison = c.s.can.comparePositions(c.node.reading.position, c.primary.reading.position, c.record.lineage)
  if (comparison.order === 'diverged' || comparison.order === 'ahead') return say('discards.stream', { bytes: comparison.tail })
  const { role, upstream } = c.node.reading
  const wrote = role === 'primary' || (upstream !== null && sameAddress(upstream, nowhere))
  if (comparison.order === 'incomparable' && wrote && orderOf(c.s, c.node, c.primary) !== 'behind') {
    return say('discards.unknown')
  }
  return null
}

/** Full copies under way from the primary; a partial resync is over before anybody counts it. */
function copying(c: NodeCase): number {
  return [...c.s.nodes.values()].filter(
    (node) => node !== c.node && answers(node) && follows(node, c.primary.spec) && (node.reading.upstream?.syncing ?? false),
  ).length
}

/** A full copy costs the primary much: not too many at once. A node that shares its history is free. */
function mayFollow(c: NodeCase): boolean {
  if (!answers(c.node) || !answers(c.primary)) return false
  const shared = c.s.can.comparePositions(c.node.reading.position, c.primary.reading.position, c.record.lineage).order !== 'incomparable'
  return (shared && !forced(c).force) || copying(c) < c.s.policy.parallelSyncs
}

/** By force where the server would not find out by itself that it must copy. */
function forced(c: NodeCase): Replacing {
  const rejoin: Rejoin = rejoinOf(c, c.node)
  if (rejoin.kind !== 'go' || !rejoin.force) return {}
  return rejoin.forget ? { force: true, forget: true } : { force: true }
}

/** A replica that follows somebody else, or nobody. */
function strays(c: NodeCase): boolean {
  return c.node.reading?.role === 'replica' && !follows(c.node, c.primary.spec) && !chained(c, c.node)
}

/** It was the primary until a moment ago and was demoted in a switchover: clients that cling to it would only be told READONLY, for ever. */
function steppedDown(c: NodeCase): boolean {
  const [before, now] = c.record.lineage.slice(-2)
  return (
    before?.node === c.node.spec.id && now?.node === c.record.primary && now.epoch === c.record.epoch && c.s.wall - now.at < steppedDownMs
  )
}

/** Its file is known to name the primary that it follows. */
function persisted(c: NodeCase): boolean {
  const { persisted: file } = c.node
  return file !== null && file.as === 'replica' && sameAddress(file.target, c.primary.spec)
}

/**
 * Its role is not in its file, or it is still closed besides following.
 * Where it may have been told to follow by force: not before the copy ended, or a restart would attach plainly what was to be replaced.
 */
function worthPersisting(c: NodeCase): boolean {
  if (!answers(c.node)) return false
  const { upstream, partial, guard } = c.node.reading
  // A replica of Redis takes no writes whatever its guard, and persisting does not touch that: it would be told so for ever.
  if (c.s.can.namesHistories) return !persisted(c)
  return upstream?.linkUp === true && !partial && (!persisted(c) || guard === closedGuard || guard === halfClosedGuard)
}

/** What it said last of its mark speaks against ever following: a later epoch than the record's, its own or that of a replica of it, or another group's. Asked of a node that is silent. */
function newerOrForeign(c: NodeCase): boolean {
  if (laterFedBy(c.s, c.record, c.node) !== null) return true
  const mark = c.node.reading?.mark ?? null
  if (mark === null || c.node.spec.overwrite) return false
  return !isOurs(c.s, mark) || latestEpoch(mark) > c.record.epoch
}

/** The epochs of a node that bears a later one than the record. */
function epochs(c: NodeCase, { reading }: NodeView): { readonly epoch: number | null; readonly recorded: number } {
  return { epoch: reading?.mark == null ? null : latestEpoch(reading.mark), recorded: c.record.epoch }
}

/** It bears another group's mark. Data without any mark at the recorded primary's address is rather a primary reborn empty and written to. */
function ofAnother(c: NodeCase): boolean {
  return c.node.reading?.mark !== null && !ours(c.s, c.node)
}

/** Another process may stand at the recorded primary's address, with nothing, before we can tell. */
const mayBeGone: readonly Verdict['kind'][] = ['dead', 'silent', 'restarted', 'unasked', 'unreadable']

/** Whose data a copy by force will replace, while the record does not say so. */
export const unrecordedRule: Rule<NodeCase> = {
  id: 'node.unrecorded',
  why: 'it is to be copied by force, and that is in the record before it is told: no server shows afterwards whether the copy was made',
  gives: 'wait',
  when: (c) => {
    if (!alive(c) || !(c.node.reading?.role === 'primary' || strays(c)) || (c.record.inDoubt?.includes(c.node.spec.id) ?? false))
      return false
    const rejoin = rejoinOf(c, c.node)
    if (rejoin.kind !== 'go' || !rejoin.force || rejoin.discards === null) return false
    return ready(c, c.node.reading?.role === 'primary' ? 'demote' : 'follow') && mayFollow(c)
  },
  then: (c) => wait(say('node.unrecorded', { node: c.node.spec.id, primary: c.primary.spec.id })),
}

export const nodeRules: readonly Rule<NodeCase>[] = [
  {
    id: 'node.cutOlder',
    why: 'a controller that is gone may have left a command in the sockets of this node; its connections are ended before we say anything',
    gives: 'act cutOlder',
    when: (c) => answers(c.node) && !c.node.cleared && c.node.acting === null,
    then: (c) => tell(c, { name: 'cutOlder' }, say('node.cutOlder', { node: c.node.spec.id })),
  },
  {
    id: 'node.fenceReturned',
    why: 'the recorded primary is back as another process and open: what it held is not known yet, so nobody may write to it',
    gives: 'act fence',
    when: (c) => isRecorded(c) && c.verdict.kind === 'restarted' && openPrimary(c) && !ofAnother(c) && ready(c, 'fence'),
    then: (c) => tell(c, { name: 'fence', cutClients: true }, say('node.fenceReturned', { node: c.node.spec.id })),
  },
  {
    id: 'node.primary',
    why: 'the rules of the group speak about the recorded primary',
    gives: 'rest',
    when: isRecorded,
    then: (c) => rest(say('node.primary', { node: c.node.spec.id })),
  },
  {
    id: 'node.queueDemotion',
    why: 'a silent former primary may wake with full sockets: the demotion waits in them too, before anything else it will read',
    gives: 'act demote (queued)',
    when: (c) =>
      alive(c) &&
      mute(c.node) &&
      c.node.reading?.role === 'primary' &&
      !newerOrForeign(c) &&
      c.node.queuedEpoch !== c.record.epoch &&
      c.node.acting === null,
    then: (c) =>
      act(say('node.queueDemotion', { node: c.node.spec.id }), [
        {
          node: c.node.spec.id,
          // What it wrote last is measured before it follows anybody, when its server would not notice.
          action: c.s.can.namesHistories
            ? { name: 'demote', target: targetOf(c), cutClients: true, resumeWrites: false, persist: true }
            : { name: 'fence', cutClients: true, users: c.node.reading?.users ?? [] },
          queued: true,
        },
      ]),
  },
  {
    id: 'node.unheard',
    why: 'a node that does not answer is told nothing',
    gives: 'rest',
    when: (c) => !answers(c.node),
    then: (c) => rest(say(refused(c.node) ? 'node.down' : 'node.mute', { node: c.node.spec.id })),
  },
  {
    id: 'node.newerLed',
    why: 'it bears a mark of a later epoch than the record, and what it follows does not, or is dead: that one may be led to the recorded primary, and would wipe it',
    gives: 'act fence',
    when: (c) => bearsLater(c.s, c.record, c.node) && feederOf(c.s, c.record, c.node) !== null && ready(c, 'fence'),
    then: (c) => {
      const upstream = feederOf(c.s, c.record, c.node)?.spec.id ?? ''
      return tell(c, { name: 'fence', cutClients: false }, say('node.newerLed', { node: c.node.spec.id, upstream, ...epochs(c, c.node) }))
    },
  },
  {
    id: 'node.newer',
    why: 'it bears a mark of a later epoch than the record: the record is old (a restored backup?), and following would wipe what is newer',
    gives: 'hold',
    when: (c) => bearsLater(c.s, c.record, c.node),
    then: (c) => hold(say('node.newer', { node: c.node.spec.id, ...epochs(c, c.node), group: c.s.spec.id })),
  },
  {
    id: 'node.foreign',
    why: "it holds data that is not this group's; following would wipe it, and closing it might stop a server that is none of ours: addresses are reused",
    gives: 'hold',
    when: (c) => !ours(c.s, c.node) && !(c.node.reading?.loading ?? false) && !follows(c.node, c.primary.spec),
    then: (c) => hold(say(openPrimary(c) ? 'node.foreignOpen' : 'node.foreign', { node: c.node.spec.id, group: c.s.spec.id })),
  },
  {
    id: 'node.fence',
    why: 'it is open, the record names another, and that one is not alive: nobody may write here',
    gives: 'act fence',
    when: (c) => !alive(c) && openPrimary(c) && c.verdict.kind !== 'unheard' && ready(c, 'fence') && c.verdict.kind !== 'not primary',
    then: (c) => tell(c, { name: 'fence', cutClients: true }, say('node.fence', { node: c.node.spec.id })),
  },
  {
    id: 'node.awaitsCopy',
    why: 'the primary is gone, or cannot be read, before it was copied from it: whatever comes back at that address, with nothing perhaps, would be copied over it',
    gives: 'act fence',
    when: (c) => mayBeGone.includes(c.verdict.kind) && awaitsCopy(c, c.node) && ready(c, 'fence'),
    then: (c) =>
      tell(c, { name: 'fence', cutClients: false }, say('node.awaitsCopy', { node: c.node.spec.id, primary: c.primary.spec.id })),
  },
  {
    id: 'node.outlives',
    why: 'the primary came back as a replica of another, with less: what it is given next would be copied over this one, which holds more',
    gives: 'act fence',
    when: (c) => outlives(c, c.node) && ready(c, 'fence'),
    then: (c) => tell(c, { name: 'fence', cutClients: false }, say('node.outlives', { node: c.node.spec.id, primary: c.primary.spec.id })),
  },
  {
    id: 'node.handover',
    why: 'somebody made it a primary or led it to another node just now: moving the primary by hand takes several commands, and undoing the first makes a ring',
    gives: 'wait',
    when: (c) => c.node.movedSince !== null && c.s.now - c.node.movedSince < handoverGraceMs && !follows(c.node, c.primary.spec),
    then: (c) => wait(say(c.node.reading?.role === 'primary' ? 'node.madePrimary' : 'node.ledAway', { node: c.node.spec.id })),
  },
  {
    id: 'node.ring',
    why: 'replicas that follow each other: none can be led away, since each has a replica. One of them, closed, follows nobody from now on; then the others can be',
    gives: 'act fence',
    when: (c) => alive(c) && mustBeStilled(c, c.node) && breaksRing(c, c.node) && ready(c, 'fence'),
    then: (c) => tell(c, { name: 'fence', cutClients: true, breaksRing: true }, say('node.ring', { node: c.node.spec.id })),
  },
  {
    id: 'node.still',
    why: 'its server tells no history from another, so it is measured; while it takes writes, or somebody else feeds it, that would be out of date at once',
    gives: 'act fence',
    when: (c) => alive(c) && mustBeStilled(c, c.node) && !chained(c, c.node) && ready(c, 'fence'),
    then: (c) => tell(c, { name: 'fence', cutClients: true }, say('node.still', { node: c.node.spec.id })),
  },
  {
    id: 'node.mend',
    why: 'its link has failed for good: it is detached, and attached again when the old connection is closed',
    gives: 'act fence',
    when: (c) => alive(c) && brokenLink(c, c.node) !== null && ready(c, 'fence'),
    then: (c) => {
      const why = brokenLink(c, c.node) ?? ''
      return tell(c, { name: 'fence', cutClients: false }, say('node.mend', { node: c.node.spec.id, primary: c.primary.spec.id, why }))
    },
  },
  {
    id: 'node.measure',
    why: 'until it is known that following loses nothing unsaid, it follows nobody',
    gives: 'hold, or wait',
    when: (c) =>
      alive(c) && (c.node.reading?.role === 'primary' || strays(c)) && (mustBeStilled(c, c.node) || rejoinOf(c, c.node).kind !== 'go'),
    then: (c) => {
      // The fence was refused or lost just now.
      if (mustBeStilled(c, c.node)) return wait(say('node.stillAgain', { node: c.node.spec.id }))
      const rejoin = rejoinOf(c, c.node)
      if (rejoin.kind === 'go') return wait(say('node.mayFollow', { node: c.node.spec.id }))
      return rejoin.kind === 'hold' ? hold(rejoin.said) : wait(rejoin.said)
    },
  },
  {
    id: 'node.fenceMeanwhile',
    why: 'it is open, the record names another, and it cannot follow that one yet: others are copied first, or its replica bears a later epoch',
    gives: 'act fence',
    when: (c) => alive(c) && openPrimary(c) && (!mayFollow(c) || laterFedBy(c.s, c.record, c.node) !== null) && ready(c, 'fence'),
    then: (c) =>
      tell(c, { name: 'fence', cutClients: true }, say('node.fenceMeanwhile', { node: c.node.spec.id, primary: c.primary.spec.id })),
  },
  {
    id: 'node.feedsNewer',
    why: 'a replica of it bears a mark of a later epoch than the record: what this one is given would wipe that, so that one is detached first',
    gives: 'hold, or wait',
    when: (c) => alive(c) && (c.node.reading?.role === 'primary' || strays(c)) && laterFedBy(c.s, c.record, c.node) !== null,
    then: (c) => {
      const later = laterFedBy(c.s, c.record, c.node) ?? c.node
      const said = { node: c.node.spec.id, later: later.spec.id, ...epochs(c, later), group: c.s.spec.id }
      return answers(later) ? wait(say('node.feedsNewer', said)) : hold(say('node.feedsNewerSilent', said))
    },
  },
  unrecordedRule,
  {
    id: 'node.fed',
    why: 'a server that refuses to follow while it has replicas carries out what comes after all the same, and its file would say primary: they leave first, it stays closed',
    gives: 'wait',
    when: (c) => alive(c) && !c.s.can.canFollowOwnReplica && c.node.reading?.role === 'primary' && c.node.reading.replicas.length > 0,
    then: (c) => wait(say('node.fed', { node: c.node.spec.id, primary: c.primary.spec.id })),
  },
  {
    id: 'node.demote',
    why: 'the record names another primary: this one becomes its replica, whatever order things came back in',
    gives: 'act demote',
    when: (c) => alive(c) && c.node.reading?.role === 'primary' && ready(c, 'demote') && mayFollow(c),
    then: (c) =>
      attach(
        c,
        { name: 'demote', target: targetOf(c), cutClients: true, resumeWrites: false, persist: true, ...forced(c) },
        say(forced(c).force ? 'node.demoteCopy' : 'node.demote', { node: c.node.spec.id, primary: c.primary.spec.id }),
        discarded(c),
      ),
  },
  {
    id: 'node.follow',
    why: 'a replica follows the recorded primary and nobody else',
    gives: 'act follow',
    when: (c) => alive(c) && strays(c) && ready(c, 'follow') && mayFollow(c),
    then: (c) =>
      attach(
        c,
        { name: 'follow', target: targetOf(c), ...forced(c) },
        say(forced(c).force ? 'node.followCopy' : 'node.follow', { node: c.node.spec.id, primary: c.primary.spec.id }),
        discarded(c),
      ),
  },
  {
    id: 'node.persist',
    why: 'a role that is not in the file is lost at the next restart',
    gives: 'act persist',
    when: (c) => alive(c) && follows(c.node, c.primary.spec) && worthPersisting(c) && ready(c, 'persist'),
    then: (c) =>
      tell(
        c,
        steppedDown(c) ? { name: 'persist', cutClients: true } : { name: 'persist' },
        say(steppedDown(c) ? 'node.persistCut' : 'node.persist', { node: c.node.spec.id }),
      ),
  },
  {
    id: 'node.settled',
    why: 'it follows the primary, or waits for its turn to copy',
    gives: 'rest',
    when: () => true,
    then: (c) => rest(say('node.settled', { node: c.node.spec.id })),
  },
]
