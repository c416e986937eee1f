// What came of giving a primary back when its group is removed.
interface OfNode {
  readonly node: string
}

export const releaseSentences = {
  'release.unreachable': () =>
    'its primary was not reachable: a file that says "replicaof 127.0.0.1 1" stays so, and min-replicas-to-write stays set; mend them by hand',
  'release.never': () => 'it was never taken over: nothing was changed on its nodes',
  'release.done': (v: OfNode) => `${v.node} has a plain file again and no guard`,
  'release.kept': (v: OfNode & { readonly why: string }) =>
    `${v.node} keeps its boot fence (${v.why}): run REPLICAOF NO ONE, CONFIG SET min-replicas-to-write 0 and CONFIG REWRITE on it by hand`,
}
