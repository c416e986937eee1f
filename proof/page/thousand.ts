// The page's server over a thousand groups that are data and not servers: for what only the number of groups makes hard.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEmbeddedStore } from '../../src/adapters/store/embedded.ts'
import type { GroupStatus } from '../../src/core/status.ts'
import { startHttp } from '../../src/server/http.ts'
import { testFacade } from '../../test/facade.ts'
import { nodeStatus, ordersStatus, testVitals } from '../../test/samples.ts'

const page = fileURLToPath(new URL('../../dist/web', import.meta.url))

export interface Thousand {
  readonly url: string
  /** Group number `at` turns to this state at another epoch, and everybody who looks is told. */
  turn(at: number, state: GroupStatus['state'], epoch: number): void
  close(): Promise<void>
}

export function nameOf(at: number): string {
  return `orders-${String(at).padStart(4, '0')}`
}

function statusOf(at: number, state: GroupStatus['state'], epoch: number): GroupStatus {
  const port = 10_000 + at * 3
  const host = { host: `10.0.${at % 20}.${at % 250}`, port }
  const sentence = state === 'healthy' ? `a is primary at epoch ${epoch}` : `a refuses connections; waits for b and c, epoch ${epoch}`
  const nodes = [
    nodeStatus('a', port, { role: 'primary', linkUp: null, lagBytes: null, address: host, health: state === 'healthy' ? 'up' : 'refused' }),
    nodeStatus('b', port + 1, { site: `s${at % 3}` }),
    nodeStatus('c', port + 2),
  ]
  return { ...ordersStatus, group: nameOf(at), state, epoch, sentence, writable: state === 'healthy', nodes }
}

/** The heart beats as in a real server. */
export async function startThousand(count: number): Promise<Thousand> {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-thousand-'))
  const store = await openEmbeddedStore({ dir })
  const facade = testFacade(
    [],
    Array.from({ length: count }, (_, at) => statusOf(at, at % 250 === 7 ? 'down' : at % 100 === 3 ? 'degraded' : 'healthy', 1)),
  )
  const every = (ms: number, run: () => void): (() => void) => {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  }
  const log = { info: () => {}, error: (event: string, facts: unknown) => console.error(event, facts) }
  const options = {
    facade,
    store,
    adminSecret: null,
    listen: '127.0.0.1:0',
    log,
    wall: () => Date.now(),
    now: () => performance.now(),
    every,
    version: '0',
    page,
  }
  const server = await startHttp({ ...options, vitals: { read: () => testVitals, recent: () => testVitals } })
  return {
    url: `http://${server.address}`,
    turn(at, state, epoch) {
      const status = statusOf(at, state, epoch)
      facade.put(status)
      facade.emit({ kind: 'status', status })
    },
    async close() {
      await server.close()
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
