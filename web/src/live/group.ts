// One group while somebody looks at it: asked each second for what moves all the time, and told by the event stream of what happens.
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type Refusal, ask } from '../api/ask.ts'
import type { GroupStatus, History, LogEntry } from '../api/types.ts'
import { live } from './live.ts'

const everyMs = 1000
const page = 100

export function useGroup(group: string): UseQueryResult<GroupStatus, Refusal> {
  const client = useQueryClient()
  const key = ['group', group]
  useEffect(
    () =>
      live.subscribe(() => {
        const status = live.groups?.get(group)
        if (status === undefined || status === told.get(group)) return
        told.set(group, status)
        // An answer that is under way was true before this.
        void client.cancelQueries({ queryKey: ['group', group] }).then(() => client.setQueryData(['group', group], status))
      }),
    [client, group],
  )
  return useQuery<GroupStatus, Refusal>({
    queryKey: key,
    queryFn: ({ signal }) => ask(`/api/v1/groups/${encodeURIComponent(group)}`, { signal }),
    refetchInterval: everyMs,
  })
}

/** What the stream last said of each group that was looked at. */
const told = new Map<string, GroupStatus>()

export interface Entries {
  /** Newest first. */
  readonly entries: readonly LogEntry[]
  readonly loading: boolean
  readonly refusal: Refusal | null
  /** Null: there are none before these. */
  readonly more: (() => void) | null
}

/** The history of a group, and what is added to it from now on. */
export function useEntries(group: string): Entries {
  const [entries, setEntries] = useState<readonly LogEntry[]>([])
  const [before, setBefore] = useState<number | null>(0)
  const [state, setState] = useState<{ loading: boolean; refusal: Refusal | null }>({ loading: true, refusal: null })
  const load = async (from: number | null): Promise<void> => {
    setState({ loading: true, refusal: null })
    try {
      const found = await ask<History>(historyPath(group, from))
      setEntries((known) => merged(known, found.entries))
      setBefore(found.next)
      setState({ loading: false, refusal: null })
    } catch (error) {
      setState({ loading: false, refusal: error as Refusal })
    }
  }
  useEffect(() => {
    setEntries([])
    void load(null)
    const stops = [
      live.onEntry((entry) => {
        if (entry.group === group) setEntries((known) => merged([entry], known))
      }),
      // After the stream was cut, what was missed is read again.
      live.onConnect(() => void load(null)),
    ]
    return () => stops.forEach((stop) => stop())
    // oxlint-disable-next-line react/exhaustive-deps
  }, [group])
  return { entries, ...state, more: before === null ? null : () => void load(before) }
}

function historyPath(group: string, before: number | null): string {
  return `/api/v1/groups/${encodeURIComponent(group)}/history?limit=${page}${before === null ? '' : `&before=${before}`}`
}

function merged(a: readonly LogEntry[], b: readonly LogEntry[]): LogEntry[] {
  const all = new Map([...a, ...b].map((entry) => [entry.seq, entry]))
  return [...all.values()].sort((x, y) => y.seq - x.seq)
}
