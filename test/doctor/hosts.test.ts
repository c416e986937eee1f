import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInsideOwnNetwork, whyNoNetworks } from '../../proof/harness/network.ts'

test('a group on machines of their own -> no finding; one in protected mode -> access.protected, its command run there -> gone', async (t) => {
  const why = whyNoNetworks()
  if (why !== null) return t.skip(why)
  const { code, stdout } = await runInsideOwnNetwork(fileURLToPath(new URL('hosts.probe.ts', import.meta.url)), [])
  assert.deepEqual([code, stdout], [0, 'as it should be\n'])
})
