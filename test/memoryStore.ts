// A store in memory that keeps the port's promises.
import type { LogEntry } from '../src/core/model.ts'
import type { NewLogEntry, Store, Stored } from '../src/ports.ts'

export class MemoryStore implements Store {
  readonly values = new Map<string, Stored<unknown>>()
  readonly entries: LogEntry[] = []

  get<T>(key: string): Promise<Stored<T> | null> {
    return Promise.resolve((this.values.get(key) ?? null) as Stored<T> | null)
  }

  list<T>(prefix: string): Promise<readonly (Stored<T> & { readonly key: string })[]> {
    const found = [...this.values].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1))
    return Promise.resolve(found.map(([key, stored]) => ({ ...(stored as Stored<T>), key })))
  }

  commit(changes: Parameters<Store['commit']>[0], entries: readonly NewLogEntry[]): ReturnType<Store['commit']> {
    const version = (key: string): number => this.values.get(key)?.version ?? 0
    const clash = changes.find((change) => version(change.key) !== change.expected)
    if (clash !== undefined) return Promise.resolve({ ok: false, reason: 'conflict', message: clash.key })
    for (const { key, expected, value } of changes) {
      if (value === null) this.values.delete(key)
      else this.values.set(key, { value: structuredClone(value), version: expected + 1 })
    }
    for (const entry of entries) this.entries.push({ ...entry, seq: this.entries.length + 1 })
    return Promise.resolve({ ok: true, version: (changes[0]?.expected ?? 0) + 1 })
  }

  history(group: string, limit: number, before = Infinity): Promise<readonly LogEntry[]> {
    return Promise.resolve(
      this.entries
        .filter((entry) => entry.group === group && entry.seq < before)
        .toReversed()
        .slice(0, limit),
    )
  }

  async *copy(marked: Parameters<Store['copy']>[0]): AsyncIterable<Uint8Array> {
    const values = new Map([...this.values, ...marked.map(({ key, value }) => [key, { value, version: 1 }] as const)])
    yield Buffer.from(JSON.stringify([...values]))
  }

  watch(): () => void {
    return () => {}
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
