// What a node's own file says of its role, by what the node was told and answered: no probe shows it.
import { nowhere } from './limits.ts'
import type { Action, ActionResult } from './action.ts'
import type { Address, Reading } from './model.ts'

/** The process, and the role that its file is known to say. */
export interface FileRole {
  readonly incarnation: string
  readonly as: 'nowhere' | 'replica' | 'primary'
  readonly target: Address
}

interface Filed {
  readonly reading: Reading | null
  readonly persisted: FileRole | null
}

/** What the file says after a successful action; null when the action does not write it. */
export function persistedAs(action: Action, reading: Reading): FileRole | null {
  const { incarnation } = reading
  switch (action.name) {
    case 'demote':
      return action.persist && !action.force ? { incarnation, as: 'replica', target: action.target } : null
    case 'follow':
      return action.force ? null : { incarnation, as: 'replica', target: action.target }
    case 'persist':
      return reading.upstream === null
        ? null
        : { incarnation, as: 'replica', target: { host: reading.upstream.host, port: reading.upstream.port } }
    case 'promote':
      return { incarnation, as: action.bootFence ? 'nowhere' : 'primary', target: nowhere }
    case 'fence':
    case 'bootFence':
      return { incarnation, as: 'nowhere', target: nowhere }
    case 'open':
    case 'guard':
    case 'pauseWrites':
    case 'resumeWrites':
    case 'proveLink':
    case 'mark':
    case 'cutOlder':
    case 'release':
      return null
  }
}

/** What is known of its file after an action. */
export function persistedAfter({ reading, persisted }: Filed, action: Action, result: ActionResult): FileRole | null {
  if (reading === null) return persisted
  if (result.wrote) return reading.role === 'primary' ? { incarnation: reading.incarnation, as: 'primary', target: nowhere } : null
  const written = persistedAs(action, reading)
  if (written === null && !copies(action)) return persisted
  if (result.ok) return result.persisted ? written : null
  // It may have been done, and have written its file.
  return hasUnknownEnd(result) ? null : persisted
}

/** Its server writes whom it follows by itself, when the copy begins and when it has ended. */
function copies(action: Action): boolean {
  return (action.name === 'follow' || action.name === 'demote') && action.force === true
}

/** No answer came: it was done or not. */
export function hasUnknownEnd(result: ActionResult): boolean {
  return !result.ok && (result.code === 'SILENT' || result.code === 'CLOSED')
}
