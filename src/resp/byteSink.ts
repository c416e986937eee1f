/** Smallest memory of a sink; a header or an ordinary reply fits. */
const smallest = 256
/** More than this is given back once its content was taken. */
const kept = 64 * 1024

/**
 * Collects bytes that come in pieces. Its memory doubles, so that a long bulk in small pieces costs time in proportion to its length,
 * and grows with what came, not with what was announced, so that an announcement alone costs nothing.
 */
export class ByteSink {
  #memory: Buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  get last(): number | undefined {
    return this.#length === 0 ? undefined : this.#memory[this.#length - 1]
  }

  /** `expected`: how long the whole will be; it saves the doubling from overshooting. */
  append(bytes: Buffer, start: number, end: number, expected = Number.MAX_SAFE_INTEGER): void {
    const needed = this.#length + end - start
    if (needed > this.#memory.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(expected, Math.max(smallest, this.#memory.length * 2))))
      this.#memory.copy(grown, 0, 0, this.#length)
      this.#memory = grown
    }
    bytes.copy(this.#memory, this.#length, start, end)
    this.#length = needed
  }

  /** What was collected; it stays valid only until the next append. */
  take(): Buffer {
    const taken = this.#memory.subarray(0, this.#length)
    this.clear()
    return taken
  }

  clear(): void {
    this.#length = 0
    if (this.#memory.length > kept) this.#memory = Buffer.alloc(0)
  }
}
