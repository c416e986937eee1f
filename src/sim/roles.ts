// Operations that name whom they mean by what he is when they begin: @primary, @replica1, @replica2 ...
import type { History } from './history.ts'
import type { Op } from './plan.ts'

/** The node that the name means now; a plain name means itself. Null: there is no such node. */
function nodeOf(name: string, history: History): string | null {
  if (!name.startsWith('@')) return name
  const ids = [...history.nodes.keys()]
  const primary = history.store.record('g')?.primary ?? ids[0] ?? null
  if (name === '@primary') return primary
  return ids.filter((id) => id !== primary)[Number(name.slice('@replica'.length)) - 1] ?? null
}

function hostOf(name: string, history: History): string | null {
  if (!name.startsWith('@')) return name
  const node = nodeOf(name, history)
  return node === null ? null : history.node(node).host
}

/** With the nodes and hosts of now; null when one that it needs is not there. */
export function resolved(op: Op, history: History): Op | null {
  if (op.kind === 'isolate') return { ...op, hosts: op.hosts.flatMap((name) => hostOf(name, history) ?? []) }
  if (op.kind === 'cut') {
    const [from, to] = [hostOf(op.from, history), hostOf(op.to, history)]
    return from === null || to === null ? null : { ...op, from, to }
  }
  if (op.kind === 'handMove') {
    const to = nodeOf(op.to, history)
    return to === null ? null : { ...op, to }
  }
  if (op.kind === 'restore' && op.lacks !== undefined) {
    const lacks = nodeOf(op.lacks, history)
    return lacks === null ? null : { ...op, lacks }
  }
  if (op.kind === 'switchover' || op.kind === 'failover') return { ...op, to: op.to === null ? null : nodeOf(op.to, history) }
  if (!('node' in op)) return op
  const node = nodeOf(op.node, history)
  return node === null ? null : { ...op, node }
}
