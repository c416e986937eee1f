// Limits that every store keeps, so that a value fits one as it fits another.

/** Longest JSON text of one value; etcd refuses requests over 1.5 MiB. */
export const maxValueBytes = 1024 * 1024

/** What the installation keeps of itself, such as the audit, in a log whose name no group can have. A year and a month of it, and some 50 MB at most. */
export const journal = { entries: 100_000, ms: 400 * 86_400_000 } as const

/** Of the oldest entries of a journal so many are looked at for each new one. */
export const expiredAtOnce = 10

export function isJournal(log: string): boolean {
  return log.startsWith('@')
}
