import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const probe = fileURLToPath(new URL('./network.probe.ts', import.meta.url))

test('network: one host drops and one refuses the controller -> silent and refused for it, open for others, open again when healed', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [probe], { timeout: 40_000 })
  const open = ['open', 'open', 'open', 'open']
  assert.deepEqual(JSON.parse(stdout), { before: open, cut: ['silent', 'open', 'refused', 'open'], healed: open })
})
