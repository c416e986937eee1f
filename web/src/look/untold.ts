import type { GroupStatus } from '../api/types.ts'

import type { Said } from '../../../src/core/said.ts'

interface Trouble {
  readonly id: string
  readonly problem: string
  readonly said: Said | null
}

/** What is wrong with nodes that the group's own sentence does not tell; empty when all is well. */
export function untold({ state, sentence, nodes }: Pick<GroupStatus, 'state' | 'sentence' | 'nodes'>): Trouble[] {
  if (state === 'healthy') return []
  return nodes.flatMap(({ id, problem, problemSaid: said }) =>
    problem === null || sentence.includes(`${id} is down`) || sentence.startsWith(`${id} refuses`) ? [] : [{ id, problem, said }],
  )
}
