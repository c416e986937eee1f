// What ails a simulated node although it runs.

/** Ways in which a node does not do what it is asked, each until it is mended. */
export interface Ailments {
  /** Writes fail, and PING with them. */
  misconf: boolean
  outOfMemory: boolean
  busy: boolean
  fullOfClients: boolean
  fileUnwritable: boolean
  /** Commands that our user may not run, as `command` or `command|subcommand`. */
  readonly forbidden: Set<string>
}

export function healthy(): Ailments {
  return { misconf: false, outOfMemory: false, busy: false, fullOfClients: false, fileUnwritable: false, forbidden: new Set() }
}

export function ails({ forbidden, ...plain }: Ailments): boolean {
  return forbidden.size > 0 || Object.values(plain).some((one) => one)
}
