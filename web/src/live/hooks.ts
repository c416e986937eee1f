import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { serverNow } from '../api/ask.ts'
import type { Refusal } from '../api/ask.ts'
import type { GroupStatus } from '../api/types.ts'
import { type Link, live } from './live.ts'

export function useGroups(): ReadonlyMap<string, GroupStatus> | null {
  return useSyncExternalStore(live.subscribe, () => live.groups)
}

/** Nothing was heard of any group yet. */
export function useIsEmpty(): boolean {
  return useSyncExternalStore(live.subscribe, () => live.groups === null)
}

export function useLink(): Link {
  return useSyncExternalStore(live.subscribe, () => live.link)
}

export function useGroupsRefusal(): Refusal | null {
  return useSyncExternalStore(live.subscribe, () => live.refusal)
}

const ticking = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let second = serverNow()

function tick(listener: () => void): () => void {
  if (ticking.size === 0) second = serverNow()
  ticking.add(listener)
  timer ??= setInterval(() => {
    second = serverNow()
    for (const one of ticking) one()
  }, 1000)
  return () => {
    ticking.delete(listener)
    if (ticking.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The server's time, anew each second; one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(tick, () => second)
}

/** A value that follows `value` only after it was still for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const wait = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(wait)
  }, [value, ms])
  return settled
}

/** Why there is no answer. It stands until there is one: asked again, a query has forgotten its error, and the screen would flicker. */
export function useRefusal<T>({ data, error }: UseQueryResult<T, Refusal>): Refusal | null {
  const [last, setLast] = useState<Refusal | null>(null)
  const refusal = data === undefined ? (error ?? last) : null
  if (refusal !== last) setLast(refusal)
  return refusal
}
