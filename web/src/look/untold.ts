import type { GroupStatus } from '../api/types.ts'

/** What is wrong with nodes that the group's own sentence does not tell, as `n2: nothing listens at its address`; empty when all is well. */
export function untold({ state, sentence, nodes }: Pick<GroupStatus, 'state' | 'sentence' | 'nodes'>): string[] {
  if (state === 'healthy') return []
  return nodes.flatMap(({ id, problem }) =>
    problem === null || sentence.includes(`${id} is down`) || sentence.startsWith(`${id} refuses`) ? [] : [`${id}: ${problem}`],
  )
}
