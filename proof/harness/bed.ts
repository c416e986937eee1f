// What most proofs with real servers stand on: a controller and a sound group `shop` of three, for all tests of a `describe`.
import { after, before } from 'node:test'
import { Controller } from './controller.ts'
import type { Group } from './servers.ts'
import { dismiss, startWatched } from './watched.ts'

export interface Bed {
  readonly controller: Controller
  readonly group: Group
}

/** Call it in a `describe`; what it gives is there when the tests run. */
export function makeBed(): Bed {
  const bed: { controller?: Controller; group?: Group } = {}
  before(async () => {
    bed.controller = await Controller.start()
    bed.group = await startWatched(bed.controller, 'shop', 3, { persistence: 'aof', delay: 0 })
  })
  after(async () => {
    if (bed.controller === undefined) return
    if (bed.group !== undefined) await dismiss(bed.controller, bed.group)
    await bed.controller.remove()
  })
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the bed is made before the first test, not before that')
    return part
  }
  return {
    get controller() {
      return there(bed.controller)
    },
    get group() {
      return there(bed.group)
    },
  }
}
