// Numbers and times as people read them.

/** 14:03:07 in the person's own time zone. */
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}
