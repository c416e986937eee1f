// What people did to the group behind regroup's back or by its commands, and when last.
export class Deeds {
  handAt = -Infinity
  orderedAt = -Infinity
  restoredAt = -Infinity
}
