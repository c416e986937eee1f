// What a client sends: commands as arrays of bulk strings, or as plain lines, which health checks of balancers write.
import { Decoder, type DecoderLimits } from '../resp/decode.ts'
import { isArray } from '../resp/value.ts'

/** The longest command has a password in it; SUBSCRIBE may name many channels. */
const limits: DecoderLimits = { bulkBytes: 4096, lineBytes: 4096, depth: 1, elements: 1024, valueBytes: 65_536 }
const lf = 10
const star = 42

export class RequestReader {
  readonly #decoder = new Decoder({ limits })
  #line: Buffer | null = null
  #violation: string | null = null

  /** Why nothing more can be read; null while all is well. */
  get violation(): string | null {
    return this.#violation
  }

  /** The commands that these bytes complete, in order, each with its name first. A kind of command does not change in the middle of a chunk. */
  push(bytes: Buffer): readonly (readonly string[])[] {
    if (this.#violation !== null) return []
    const isLine = this.#line !== null || (this.#decoder.isIdle && bytes.length > 0 && bytes[0] !== star)
    return isLine ? this.#lines(bytes) : this.#arrays(bytes)
  }

  #arrays(bytes: Buffer): readonly (readonly string[])[] {
    const commands: (readonly string[])[] = []
    for (const value of this.#decoder.push(bytes)) {
      const words = isArray(value) ? value.filter((word) => typeof word === 'string') : null
      if (words === null || !isArray(value) || words.length < value.length) {
        this.#violation ??= 'a command is an array of bulk strings'
        return commands
      }
      if (words.length > 0) commands.push(words)
    }
    this.#violation ??= this.#decoder.violation?.message ?? null
    return commands
  }

  #lines(bytes: Buffer): readonly (readonly string[])[] {
    const all = this.#line === null ? bytes : Buffer.concat([this.#line, bytes])
    const end = all.lastIndexOf(lf) + 1
    this.#line = end === all.length ? null : Buffer.from(all.subarray(end))
    if ((this.#line?.length ?? 0) > limits.lineBytes) this.#violation = 'too big inline request'
    const lines = all.toString('utf8', 0, end).split('\n')
    return lines.map((line) => line.split(/\s+/).filter((word) => word !== '')).filter((words) => words.length > 0)
  }
}
