// The disk of a simulated machine with a Pika: its keys and its log, whose writes they are, and what of them survives a loss of power.
import type { Recovers } from './appendFile.ts'
import { PikaKeys, type PikaValue } from './pikaKeys.ts'
import { Binlog, type LogPosition } from './pikaLog.ts'
import type { PikaDisk } from './pikaNode.ts'
import { type Data, emptyData } from './stream.ts'

/** What lies on the disk for sure, whatever happens to the host. */
interface Synced {
  readonly entries: readonly (readonly [string, PikaValue])[]
  readonly end: LogPosition
  readonly data: Data
}

export class PikaStorage {
  disk: PikaDisk
  data: Data = emptyData()
  readonly #fileBytes: number
  #synced: Synced

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes
    this.disk = { keys: new PikaKeys(), log: new Binlog(fileBytes) }
    this.#synced = this.#now()
  }

  /** Before a start. */
  recover(recovers: Recovers): void {
    if (recovers === 'nothing') {
      this.disk = { keys: new PikaKeys(), log: new Binlog(this.#fileBytes) }
      this.data = emptyData()
    } else if (recovers === 'synced') {
      const { entries, end, data } = this.#synced
      this.disk.keys.replace(entries)
      this.disk.log.cut(end)
      this.data = data
    }
    this.#synced = this.#now()
  }

  /** All that the process wrote is on the disk. */
  sync(data: Data): void {
    this.data = data
    this.#synced = this.#now()
  }

  #now(): Synced {
    return { entries: this.disk.keys.entries(), end: this.disk.log.end, data: this.data }
  }
}
