// What the actions on a group share.
import { useState } from 'react'
import type { GroupStatus } from '../api/types.ts'
import { useSay } from '../words/words.tsx'

export interface GroupActionProps {
  readonly status: GroupStatus
  readonly close: () => void
}

export const halfAnHour = 30 * 60_000

export function pathOf(status: GroupStatus, verb: string): string {
  return `/api/v1/groups/${encodeURIComponent(status.group)}/${verb}`
}

export function epochTag(status: GroupStatus): string {
  return `"epoch-${status.epoch}"`
}

/** What was looked at when the dialog was opened: what comes after it must not slip under the second click. */
export function useOpened(status: GroupStatus): readonly [GroupStatus, () => void] {
  const [opened, setOpened] = useState(status)
  return [opened, () => setOpened(status)]
}

export function useTargets(status: GroupStatus) {
  const say = useSay()
  const others = status.nodes.filter(({ id }) => id !== status.primary)
  return [
    { value: '', text: say('act.best') },
    ...others.map((node) => ({
      value: node.id,
      text: `${node.id} — ${say(`health.${node.health}`)}, ${say(node.inSync ? 'sync.in' : 'sync.out')}`,
    })),
  ]
}
