// Who looks at the page, and what he may do. The server decides; the page only does not offer what it would refuse.
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type Refusal, ask } from '../api/ask.ts'
import type { Asker } from '../api/types.ts'

type Role = NonNullable<Asker['who']>['role']
const order: readonly Role[] = ['viewer', 'operator', 'admin']

export function useAsker(): UseQueryResult<Asker, Refusal> {
  return useQuery<Asker, Refusal>({
    queryKey: ['asker'],
    queryFn: ({ signal }) => ask('/api/v1/login', { signal }),
    staleTime: 60_000,
    // Until the server has answered once: it may be on its way up.
    refetchInterval: ({ state }) => (state.data === undefined ? 1000 : false),
  })
}

/** Whether the asker has at least this role. */
export function useMay(): (role: Role, group?: string) => boolean {
  const { data } = useAsker()
  return (role) => data?.who != null && order.indexOf(data.who.role) >= order.indexOf(role)
}
