// The credentials that a node may accept, and which of them it last did: while a password is changed there are two.
import type { Credential } from './connection.ts'

export class KeyRing {
  readonly #given: () => readonly Credential[]
  #at = 0

  /** `given`: read at every use, since the settings may be read again while we run. */
  constructor(given: () => readonly Credential[]) {
    this.#given = given
  }

  /** How many are worth trying; 1 when a node is spoken to without any. */
  get size(): number {
    return Math.max(1, this.#given().length)
  }

  get current(): Credential | null {
    return this.#given()[this.#at % this.size] ?? null
  }

  /** A node refused this one, so the next is tried; unless somebody found that out before. */
  refused(credential: Credential | null): void {
    if (credential === this.current) this.#at = (this.#at + 1) % this.size
  }
}
