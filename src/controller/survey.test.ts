import assert from 'node:assert/strict'
import { test } from 'node:test'
import { specOf } from '../../test/situations.ts'
import { Tape } from '../../test/tape.ts'
import { type NodeView, newNode } from '../core/observe.ts'
import type { Group } from './group.ts'
import { type Surveyed, Surveyor } from './survey.ts'

const nodes = ['a', 'b', 'c']

/** A group at rest: adopted, and left alone for long. */
function calm(): Group {
  const tape = new Tape(nodes)
  tape.run(20_000)
  return tape.group
}

/** Three groups whose primaries have just died. */
function stirred(): { readonly groups: readonly Group[]; readonly now: number } {
  const tapes = [new Tape(nodes), new Tape(nodes), new Tape(nodes)]
  for (const tape of tapes) {
    // Between two turns at which nodes are asked.
    tape.run(20_005)
    tape.kill('a')
    tape.run(1)
  }
  return { groups: tapes.map(({ group }) => group), now: 20_006 }
}

test('survey: all is calm and the loop in time -> nothing is held back', () => {
  assert.deepEqual(
    new Surveyor().survey(() => [calm()], 0, 20_000),
    { silentHosts: 0, hosts: 0, hurryEveryMs: 0 },
  )
})

test('survey: many nodes are asked in a hurry -> they share what the process can ask', () => {
  const { groups, now } = stirred()
  assert.equal(new Surveyor().survey(() => groups, 0, now).hurryEveryMs, 4.5)
})

test('survey: the loop is late -> hurried questions wait until it has come round twice, and no longer than it is late', () => {
  const surveyor = new Surveyor()
  assert.equal(surveyor.survey(() => [], 80, 0).hurryEveryMs, 160)
  assert.equal(surveyor.survey(() => [], 300, 50).hurryEveryMs, 160, 'looked at ten times a second')
  assert.equal(surveyor.survey(() => [], 0, 100).hurryEveryMs, 600, 'the worst since then')
  assert.equal(surveyor.survey(() => [], 0, 200).hurryEveryMs, 0)
})

/** A group on these hosts, of which the first so many say nothing since an instant. */
function on(hosts: readonly string[], silent: number, since = 0): Surveyed {
  const view = (host: string, index: number): NodeView => {
    const node = newNode(specOf('a', { host }))
    return index < silent ? { ...node, failure: { kind: 'silent' }, heardAt: since } : node
  }
  return {
    view: new Map(hosts.map((host, index) => [host, view(host, index)])),
    asking: { hurried: () => 0, allHeard: silent === 0 },
    silentAfterMs: 1_000,
  }
}

test('survey: silent nodes of several groups -> their hosts are counted once, of all hosts, from half of the silence that counts', () => {
  const seen = (...groups: readonly Surveyed[]) => new Surveyor().survey(() => groups, 0, 500)
  const both = seen(on(['h1', 'h2', 'h3'], 2), on(['h2', 'h1', 'h4'], 1))
  assert.deepEqual(both, { silentHosts: 2, hosts: 4, hurryEveryMs: 0 })
  const lately = seen(on(['h1', 'h2', 'h3'], 2), on(['h5', 'h4'], 1, 1))
  assert.deepEqual(lately, { silentHosts: 2, hosts: 5, hurryEveryMs: 0 })
})
