// What every store must do, whatever it is built on. Each store's test file runs this suite over itself.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { UserError } from '../../errors.ts'
import type { Change, NewLogEntry, SaveResult, Store } from '../../ports.ts'
import { until } from '../../../test/until.ts'
import { maxValueBytes } from './limits.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** The same data through another handle; the same handle when a store allows one only. */
  readonly other: Store
  /** Closes every handle and opens the same data again. */
  reopen(): Promise<Store>
  /** Opens a copy as a store of its own; whoever asks closes it. */
  openCopy(bytes: Uint8Array): Promise<Store>
  /** Closes every handle and leaves nothing behind. */
  end(): Promise<void>
}

export type OpenStore = (options: { readonly keepEntries: number }) => Promise<StoreUnderTest>

export function entry(group: string, epoch: number, sentence = 'the primary does not answer'): NewLogEntry {
  return { at: 1_700_000_000_000, group, epoch, kind: 'decision', rule: 'promotion.start', sentence, evidence: { epoch } }
}

/** The version of a commit that must have been accepted. */
export function accepted(result: SaveResult): number {
  assert.ok(result.ok, result.ok ? '' : `${result.reason}: ${result.message}`)
  return result.version
}

const put = (key: string, expected: number, value: unknown): Change => ({ key, expected, value })
const conflicts = (result: SaveResult): void => assert.deepEqual([result.ok, !result.ok && result.reason], [false, 'conflict'])

type Case = (name: string, run: (opened: StoreUnderTest) => Promise<void>, keepEntries?: number) => void

/** Registers the suite for one store; `open` gives an empty one each time. */
export function storeContract(name: string, open: OpenStore): void {
  const on: Case = (title, run, keepEntries = 1000) => {
    void test(title, async () => {
      const opened = await open({ keepEntries })
      try {
        await run(opened)
      } finally {
        await opened.end()
      }
    })
  }
  void describe(`store contract: ${name}`, () => {
    values(on)
    versions(on)
    atomicity(on)
    races(on)
    logs(on)
    watches(on)
    copies(on)
  })
}

function values(on: Case): void {
  on('a key nobody wrote -> null, and no list names it', async ({ store }) => {
    assert.equal(await store.get('groups/a'), null)
    assert.deepEqual(await store.list(''), [])
  })

  on('any JSON value -> read back as it was', async ({ store }) => {
    const samples = [0, -1.5, true, false, '', 'über 数据 \u{1F600} \ud800', [], [null, [1]], {}, { a: { b: [1, { c: null }] }, '': 'x' }]
    for (const [index, value] of samples.entries()) {
      accepted(await store.commit([put(`k/${index}`, 0, value)], []))
      assert.deepEqual((await store.get(`k/${index}`))?.value, value)
    }
  })

  on('a list of a prefix -> its keys only, in byte order', async ({ store }) => {
    const keys = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a/B', 'a/b', 'a/\u{FFFD}', 'a/\u{1F600}', 'a0', 'b/1']
    accepted(
      await store.commit(
        keys.toReversed().map((key) => put(key, 0, key)),
        [],
      ),
    )
    assert.deepEqual(
      (await store.list('a/')).map((found) => found.key),
      ['a/', 'a/1', 'a/10', 'a/2', 'a/B', 'a/b', 'a/\u{FFFD}', 'a/\u{1F600}'],
    )
    assert.deepEqual(
      (await store.list('')).map((found) => found.value),
      keys,
    )
    assert.deepEqual(await store.list('a/1000'), [])
  })

  on('a value of 1 MiB -> stored; one byte more -> refused with its size, nothing stored', async ({ store }) => {
    const largest = 'x'.repeat(maxValueBytes - 2)
    accepted(await store.commit([put('large', 0, largest)], []))
    assert.equal((await store.get('large'))?.value, largest)
    const refused = store.commit([put('first', 0, 1), put('larger', 0, `${largest}y`)], [entry('a', 1)])
    await assert.rejects(
      refused,
      (error) => error instanceof UserError && error.code === 'BAD_INPUT' && /"larger".*1048577/.test(error.message),
    )
    assert.equal(await store.get('first'), null)
    assert.deepEqual(await store.history('a', 10), [])
  })

  on('closed and opened again -> values, versions and log are there', async (opened) => {
    const version = accepted(await opened.store.commit([put('k', 0, { a: 1 })], [entry('g', 7)]))
    const store = await opened.reopen()
    assert.deepEqual(await store.get('k'), { value: { a: 1 }, version })
    assert.deepEqual(await store.history('g', 10), [{ seq: 1, ...entry('g', 7) }])
    assert.ok(accepted(await store.commit([put('k', version, 2)], [entry('g', 8)])) > version)
    assert.equal((await store.history('g', 1))[0]?.seq, 2)
  })
}

function versions(on: Case): void {
  on('a change with the right version -> ok, and the version rises', async ({ store }) => {
    let version = 0
    for (const value of [1, 2, 3]) {
      const next = accepted(await store.commit([put('k', version, value)], []))
      assert.ok(next > version)
      assert.deepEqual(await store.get('k'), { value, version: next })
      version = next
    }
  })

  on('a change with another version -> conflict, nothing changed', async ({ store }) => {
    const first = accepted(await store.commit([put('k', 0, 'first')], []))
    const second = accepted(await store.commit([put('k', first, 'second')], []))
    for (const expected of [0, first, second + 1]) conflicts(await store.commit([put('k', expected, 'stale')], []))
    conflicts(await store.commit([put('nobody', 1, 'x')], []))
    assert.deepEqual(await store.get('k'), { value: 'second', version: second })
    assert.equal(await store.get('nobody'), null)
  })

  on('a deletion -> only with the right version', async ({ store }) => {
    const version = accepted(await store.commit([put('k', 0, 1)], []))
    conflicts(await store.commit([put('k', version + 1, null)], []))
    assert.notEqual(await store.get('k'), null)
    accepted(await store.commit([put('k', version, null)], []))
    assert.equal(await store.get('k'), null)
    conflicts(await store.commit([put('k', version, 2)], []))
  })

  on('a key deleted and made again, also after a restart -> a version never seen before', async (opened) => {
    const first = accepted(await opened.store.commit([put('k', 0, 1)], []))
    const second = accepted(await opened.store.commit([put('k', first, 2)], []))
    accepted(await opened.store.commit([put('k', second, null)], []))
    const store = await opened.reopen()
    const again = accepted(await store.commit([put('k', 0, 'new')], []))
    assert.ok(again > second)
    for (const stale of [first, second]) conflicts(await store.commit([put('k', stale, 'stale')], []))
    assert.equal((await store.get('k'))?.value, 'new')
  })

  on('several keys in one commit -> the answer is the version of the first', async ({ store }) => {
    const before = accepted(await store.commit([put('b', 0, 1)], []))
    const version = accepted(await store.commit([put('a', 0, 1), put('b', before, 2), put('c', 0, 3)], []))
    assert.equal((await store.get('a'))?.version, version)
    assert.ok(((await store.get('b'))?.version ?? 0) > before)
  })
}

function atomicity(on: Case): void {
  on('one of several keys in conflict -> no key, no log entry', async ({ store }) => {
    accepted(await store.commit([put('b', 0, 'old')], [entry('g', 1)]))
    for (const changes of [
      [put('a', 0, 1), put('b', 0, 1), put('c', 0, 1)],
      [put('a', 0, 1), put('c', 9, null)],
    ]) {
      conflicts(await store.commit(changes, [entry('g', 2), entry('other', 2)]))
    }
    assert.deepEqual(
      (await store.list('')).map((found) => [found.key, found.value]),
      [['b', 'old']],
    )
    assert.equal((await store.history('g', 10)).length, 1)
    assert.deepEqual(await store.history('other', 10), [])
  })

  on('a conflict among the commits of one turn -> the others are stored', async ({ store }) => {
    const results = await Promise.all([
      store.commit([put('a', 0, 1)], [entry('a', 1)]),
      store.commit([put('b', 5, 1)], [entry('b', 1)]),
      store.commit([put('c', 0, 1)], [entry('c', 1)]),
    ])
    assert.deepEqual(
      results.map((result) => result.ok),
      [true, false, true],
    )
    assert.deepEqual(
      (await store.list('')).map((found) => found.key),
      ['a', 'c'],
    )
    for (const [group, count] of Object.entries({ a: 1, b: 0, c: 1 })) assert.equal((await store.history(group, 10)).length, count)
  })

  on('a list while both keys are rewritten -> never one new and one old', async ({ store, other }) => {
    let [left, right] = [0, 0]
    for (let round = 1; round <= 40; round++) {
      const commit = store.commit([put('pair/left', left, round), put('pair/right', right, round)], [])
      const seen = (await other.list<number>('pair/')).map((found) => found.value)
      assert.equal(seen[0], seen[1])
      accepted(await commit)
      ;[left, right] = (await store.list('pair/')).map((found) => found.version) as [number, number]
    }
  })

  on('random commits -> the same answers as a plain map', async ({ store }) => {
    const step = fc.record({
      keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }),
      stale: fc.boolean(),
      remove: fc.boolean(),
    })
    const model = new Map<string, { value: number; version: number }>()
    const run = async (steps: readonly { keys: string[]; stale: boolean; remove: boolean }[]): Promise<void> => {
      for (const [value, { keys, stale, remove }] of steps.entries()) {
        const changes = keys.map((key, index) =>
          put(key, (model.get(key)?.version ?? 0) + (stale && index === keys.length - 1 ? 1 : 0), remove ? null : value),
        )
        const result = await store.commit(changes, [])
        assert.equal(result.ok, !stale)
        for (const key of stale ? [] : keys) {
          if (remove) model.delete(key)
          else model.set(key, { value, version: (await store.get(key))?.version ?? 0 })
        }
        const listed = (await store.list<number>('')).map(({ key, value, version }) => [key, { value, version }])
        assert.deepEqual(
          listed,
          [...model].toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), run), { numRuns: 15, endOnFailure: true })
  })
}

function races(on: Case): void {
  on('eight writers from the same version at once -> one wins', async ({ store, other }) => {
    let version = 0
    for (let round = 0; round < 10; round++) {
      const expected = version
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, writer) =>
          (writer % 2 === 0 ? store : other).commit([put('k', expected, `${round}/${writer}`)], [entry('g', writer)]),
        ),
      )
      const winner = results.findIndex((result) => result.ok)
      assert.equal(results.filter((result) => result.ok).length, 1)
      const stored = await store.get('k')
      assert.equal(stored?.value, `${round}/${winner}`)
      assert.equal((await store.history('g', 1))[0]?.epoch, winner)
      version = stored.version
    }
    assert.equal((await store.history('g', 100)).length, 10)
  })

  on('eight writers that read, add one and retry -> no addition is lost, no version is won twice', async ({ store, other }) => {
    const won: number[] = []
    const writer = async (mine: Store, id: number): Promise<void> => {
      for (let done = 0; done < 12;) {
        const now = await mine.get<number>('sum')
        const result = await mine.commit([put('sum', now?.version ?? 0, (now?.value ?? 0) + 1)], [entry('g', id)])
        if (!result.ok) continue
        won.push(result.version)
        done++
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, id) => writer(id % 2 === 0 ? store : other, id)))
    assert.equal((await store.get('sum'))?.value, 96)
    assert.equal(new Set(won).size, 96)
    assert.equal((await store.history('g', 1))[0]?.seq, 96)
  })
}

function logs(on: Case): void {
  on('log entries of two groups -> each counts its own from one, newest first', async ({ store }) => {
    accepted(await store.commit([], [entry('a', 1), entry('b', 1), entry('a', 2)]))
    accepted(await store.commit([put('k', 0, 1)], [entry('a', 3)]))
    assert.deepEqual(await store.history('a', 10), [
      { seq: 3, ...entry('a', 3) },
      { seq: 2, ...entry('a', 2) },
      { seq: 1, ...entry('a', 1) },
    ])
    assert.deepEqual(await store.history('b', 10), [{ seq: 1, ...entry('b', 1) }])
    assert.deepEqual(await store.history('nobody', 10), [])
  })

  on('paging back from the newest -> every entry once', async ({ store }) => {
    const all = Array.from({ length: 23 }, (_, index) => entry('g', index + 1))
    accepted(await store.commit([], all))
    const seen: number[] = []
    for (let page = await store.history('g', 5); page.length > 0; page = await store.history('g', 5, seen.at(-1))) {
      assert.ok(page.length <= 5)
      seen.push(...page.map((found) => found.seq))
    }
    assert.deepEqual(
      seen,
      all.map((_, index) => 23 - index),
    )
    assert.deepEqual(await store.history('g', 0), [])
  })

  on(
    'a journal of the installation -> keeps far more entries than a group, and none that is older than its time',
    async ({ store }) => {
      const day = 86_400_000
      const at = (days: number): NewLogEntry => ({ ...entry('@audit', 0), at: 1_700_000_000_000 + days * day })
      for (let days = 0; days < 12; days++) accepted(await store.commit([], [at(days)]))
      assert.equal((await store.history('@audit', 100)).length, 12)
      accepted(await store.commit([], [at(405)]))
      const left = await store.history('@audit', 100)
      assert.deepEqual(
        left.map((found) => found.seq),
        [13, 12, 11, 10, 9, 8, 7, 6],
      )
    },
    4,
  )

  on(
    'more entries than are kept -> the oldest go and no seq comes back, also after a restart',
    async (opened) => {
      const seqs = async (store: Store): Promise<number[]> => (await store.history('g', 100)).map((found) => found.seq)
      for (let epoch = 1; epoch <= 9; epoch++)
        accepted(await opened.store.commit([], [entry('g', epoch), entry('calm', epoch)].slice(0, epoch === 1 ? 2 : 1)))
      assert.deepEqual(await seqs(opened.store), [9, 8, 7, 6])
      assert.equal((await opened.store.history('calm', 10)).length, 1)
      const store = await opened.reopen()
      accepted(
        await store.commit(
          [],
          Array.from({ length: 6 }, (_, index) => entry('g', 10 + index)),
        ),
      )
      assert.deepEqual(await seqs(store), [15, 14, 13, 12])
    },
    4,
  )
}

function watches(on: Case): void {
  on('changes under a prefix -> announced in order, each once, and readable by then', async ({ store, other }) => {
    const seen: string[] = []
    const early: string[] = []
    const reads: Promise<void>[] = []
    other.watch('g/', (key) => {
      seen.push(key)
      const nth = seen.filter((earlier) => earlier === key).length
      const read = async (): Promise<void> => {
        if (((await other.get<number>(key))?.value ?? 0) < nth) early.push(key)
      }
      reads.push(read())
    })
    let version = accepted(await store.commit([put('g/b', 0, 1), put('g/a', 0, 1), put('other', 0, 1)], []))
    const more = await Promise.all([
      store.commit([put('g/c', 0, 1)], []),
      store.commit([put('g/b', version, 2)], []),
      store.commit([put('g/b', version, 99)], [entry('g', 1)]),
      store.commit([put('g/d', 0, 1)], []),
    ])
    assert.deepEqual(
      more.map((result) => result.ok),
      [true, true, false, true],
    )
    version = accepted(await store.commit([put('g/end', 0, 1)], []))
    await until('the last change is announced', () => seen.includes('g/end'))
    assert.deepEqual(seen.slice(0, 2).toSorted(), ['g/a', 'g/b'])
    assert.deepEqual(seen.slice(2), ['g/c', 'g/b', 'g/d', 'g/end'])
    await Promise.all(reads)
    assert.deepEqual(early, [])
  })

  on('a deletion -> announced', async ({ store }) => {
    const version = accepted(await store.commit([put('k', 0, 1)], []))
    const seen: string[] = []
    store.watch('', (key) => void seen.push(key))
    accepted(await store.commit([put('k', version, null)], []))
    await until('the deletion is announced', () => seen.length > 0)
    assert.deepEqual(seen, ['k'])
  })

  on('a watch that was stopped -> hears no more, the others do', async ({ store }) => {
    const stopped: string[] = []
    const going: string[] = []
    const stop = store.watch('', (key) => void stopped.push(key))
    store.watch('', (key) => void going.push(key))
    accepted(await store.commit([put('a', 0, 1)], []))
    await until('both heard the first', () => stopped.length === 1 && going.length === 1)
    stop()
    accepted(await store.commit([put('b', 0, 1)], []))
    await until('one heard the second', () => going.length === 2)
    assert.deepEqual(stopped, ['a'])
  })
}

async function bytesOf(copy: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of copy) pieces.push(piece)
  return Buffer.concat(pieces)
}

function copies(on: Case): void {
  on(
    'a copy -> the same values and log under the same versions, the marked keys with them; the original has none of these',
    async (opened) => {
      const { store } = opened
      const version = accepted(await store.commit([put('k', 0, { a: 1 }), put('old', 0, 'theirs')], [entry('g', 7)]))
      const copy = await opened.openCopy(
        await bytesOf(
          store.copy([
            { key: 'copied', value: [1] },
            { key: 'old', value: 'ours' },
          ]),
        ),
      )
      try {
        assert.deepEqual(await copy.get('k'), { value: { a: 1 }, version })
        assert.deepEqual([(await copy.get('copied'))?.value, (await copy.get('old'))?.value], [[1], 'ours'])
        assert.deepEqual(await copy.history('g', 10), [{ seq: 1, ...entry('g', 7) }])
        accepted(await copy.commit([put('k', version, 2)], [entry('g', 8)]))
        assert.deepEqual(await store.get('k'), { value: { a: 1 }, version })
        assert.deepEqual([await store.get('copied'), (await store.get('old'))?.value], [null, 'theirs'])
      } finally {
        await copy.close()
      }
    },
  )

  on('a copy while both keys are rewritten all the time -> never one new and one old, and no commit waits for its end', async (opened) => {
    const { store, other } = opened
    const padding = Array.from({ length: 40 }, (_, index) => put(`padding/${index}`, 0, 'x'.repeat(200_000)))
    accepted(await store.commit([put('pair/left', 0, 0), put('pair/right', 0, 0), ...padding], []))
    const state = { copied: false }
    const rewriting = (async (): Promise<number> => {
      let round = 0
      while (!state.copied) {
        const [left, right] = (await other.list<number>('pair/')).map((found) => found.version) as [number, number]
        accepted(await other.commit([put('pair/left', left, ++round), put('pair/right', right, round)], [entry('g', round)]))
      }
      return round
    })()
    const bytes = await bytesOf(store.copy([])).finally(() => (state.copied = true))
    assert.ok((await rewriting) > 1, 'commits went on')
    const copy = await opened.openCopy(bytes)
    try {
      const [left, right] = (await copy.list<number>('pair/')).map((found) => found.value)
      assert.equal(left, right)
      assert.equal((await copy.history('g', 1))[0]?.epoch ?? 0, left)
      assert.equal((await copy.list('padding/')).length, padding.length)
    } finally {
      await copy.close()
    }
  })

  on('a copy that is not read to its end -> the next one can be made', async ({ store }) => {
    accepted(await store.commit([put('k', 0, 'x'.repeat(900_000))], []))
    for (let round = 0; round < 3; round++) {
      for await (const piece of store.copy([])) {
        assert.ok(piece.length > 0)
        break
      }
    }
  })
}
