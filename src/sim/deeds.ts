// What people did to the group behind regroup's back or by its commands, and when last.
/** Names an operator's own connection. */
export const handName = 'hand'

export class Deeds {
  handAt = -Infinity
  orderedAt = -Infinity
  restoredAt = -Infinity
  /** The last primary that was replaced because somebody asked for another. */
  movedOn: { readonly from: string; readonly at: number } | null = null
}
