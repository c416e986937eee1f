// What happens to a primary while an application writes, on any system that watches the group. Each play ends when all is well again.
import { isArray } from '../../src/resp/value.ts'
import type { Bed } from '../bench/beds.ts'
import { ask } from '../harness/client.ts'
import { found, instead, until } from '../harness/wait.ts'
import type { Gap, Load } from './load.ts'

export type Play = (bed: Bed, load: Load) => Promise<Gap>

const limitMs = 30_000

export const plays: Readonly<Record<'crash' | 'freeze' | 'switchover', Play>> = {
  crash: async (bed, load) => {
    const old = bed.group.node(await bed.ready())
    await load.goesOn(0)
    const at = performance.now()
    await old.server.kill9()
    await replaced(bed, old.address.port)
    await load.goesOn(performance.now())
    await old.server.start()
    return calmAgain(bed, load, at)
  },
  freeze: async (bed, load) => {
    const old = bed.group.node(await bed.ready())
    await load.goesOn(0)
    const at = performance.now()
    await old.server.freeze()
    try {
      await replaced(bed, old.address.port)
      await load.goesOn(performance.now())
    } finally {
      old.server.thaw()
    }
    return calmAgain(bed, load, at)
  },
  switchover: async (bed, load) => {
    const old = bed.group.node(await bed.ready())
    await load.goesOn(0)
    const at = performance.now()
    await bed.switchover()
    await replaced(bed, old.address.port)
    return calmAgain(bed, load, at)
  },
}

/** What the application saw from an instant until the group was whole and it wrote. */
async function calmAgain(bed: Bed, load: Load, since: number): Promise<Gap> {
  await bed.ready()
  await load.goesOn(performance.now())
  return load.gap(since)
}

/** Ends when every Sentinel names another primary. */
async function replaced(bed: Bed, port: number): Promise<void> {
  await until('another primary is named', limitMs, async () => {
    for (const sentinel of bed.sentinels) {
      const called = await ask(sentinel, ['SENTINEL', 'get-master-addr-by-name', bed.group.id])
      const named = called.ok && isArray(called.value) ? called.value[1] : null
      if (typeof named !== 'string' || named === String(port)) return instead(`${sentinel.port} names ${JSON.stringify(named)}`)
    }
    return found(true)
  })
}
