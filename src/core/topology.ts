// What clients and proxies are told: where to write, or that nobody may write now.
import { type Verdict, verdictOf } from './diagnose.ts'
import { closedGuard } from './limits.ts'
import type { Topology } from './model.ts'
import { sameAddress } from './address.ts'
import { answers, follows } from './observe.ts'
import { type Situation, nodeOf } from './situation.ts'

/** The recorded primary is open: it said so itself. */
export function writable(s: Situation, verdict: Verdict = verdictOf(s)): boolean {
  if (s.record === null || s.record.phase !== 'steady') return false
  const primary = nodeOf(s, s.record.primary)
  if (primary.reading === null || primary.reading.incarnation !== s.record.incarnation || primary.reading.role !== 'primary') return false
  if (primary.reading.guard === closedGuard) return false
  // A replica is only being asked: its next word may be that the primary lives.
  if (verdict.kind === 'dead' || verdict.kind === 'silent') return verdict.asking
  return ['alive', 'suspect', 'contested', 'unreadable', 'self-suspect', 'unproven', 'unasked'].includes(verdict.kind)
}

/** They tell clients the same; `at` does not count. */
export function sameTopology(a: Topology | null, b: Topology): boolean {
  if (a === null || a.epoch !== b.epoch || a.primary?.node !== b.primary?.node || a.replicas.length !== b.replicas.length) return false
  if (a.primary !== null && b.primary !== null && !sameAddress(a.primary, b.primary)) return false
  return a.replicas.every((replica, index) => {
    const other = b.replicas[index]
    return other !== undefined && replica.node === other.node && replica.inSync === other.inSync && sameAddress(replica, other)
  })
}

export function topologyOf(s: Situation, verdict: Verdict = verdictOf(s)): Topology {
  const primary = s.record !== null && writable(s, verdict) ? nodeOf(s, s.record.primary) : null
  const replicas = [...s.nodes.values()].filter(
    (node) => primary !== null && node !== primary && answers(node) && follows(node, primary.spec),
  )
  return {
    group: s.spec.id,
    epoch: s.record?.epoch ?? 0,
    primary: primary === null ? null : { node: primary.spec.id, host: primary.spec.host, port: primary.spec.port },
    replicas: replicas.map((node) => ({
      node: node.spec.id,
      host: node.spec.host,
      port: node.spec.port,
      inSync: s.record?.inSync.some((m) => m.node === node.spec.id) ?? false,
    })),
    at: s.wall,
  }
}
