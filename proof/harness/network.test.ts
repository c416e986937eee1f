import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInsideOwnNetwork, whyNoNetworks } from './network.ts'

test('network: one host drops and one refuses the controller -> silent and refused for it, open for others, open again when healed', async (t) => {
  const outside = whyNoNetworks()
  // Root must be able to; anybody else says why not.
  if (outside !== null && process.getuid?.() !== 0) return t.skip(outside)
  const { code, stdout } = await runInsideOwnNetwork(fileURLToPath(new URL('./network.probe.ts', import.meta.url)), [])
  const open = ['open', 'open', 'open', 'open']
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(stdout), { before: open, cut: ['silent', 'open', 'refused', 'open'], healed: open })
})
