// An append-only file with `everysec`: what a process wrote to it, and what of that would survive the host's loss of power.
import type { Data } from './stream.ts'

/** A living kernel writes back what lies in its memory for longer: 30 s until it is old, 5 s between two looks (Linux's own settings). */
const writtenBackMs = 35_000

/** What a restart finds again: all that was written, what reached the disk, or nothing. */
export type Recovers = 'all' | 'synced' | 'nothing'

export class AppendFile {
  #written: Data | null = null
  #synced: Data | null = null
  /** When it was last written to. */
  #at = -Infinity

  get written(): Data | null {
    return this.#written
  }

  write(data: Data, at: number): void {
    this.#written = data
    this.#at = at
  }

  /** What it holds is read and written on by another process. */
  goOn(data: Data): void {
    this.#written = data
  }

  sync(data: Data): void {
    this.#synced = data
  }

  /** `kernelUntil`: when the host lost its power, if it did; else now. */
  found(recovers: Recovers, kernelUntil: number): Data | null {
    if (recovers === 'nothing') this.#written = this.#synced = null
    if (kernelUntil - this.#at >= writtenBackMs) this.#synced = this.#written
    return recovers === 'synced' ? this.#synced : this.#written
  }
}
