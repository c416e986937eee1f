// The pages of the API's document in a real browser: nothing refused by their own policy, nothing asked of elsewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiServer } from '../../test/api.ts'
import { look, startBrowser } from '../harness/browser.ts'

test('docs: opened and an operation tried -> shown and answered, without a complaint of the browser', async (t) => {
  const { url } = await apiServer(t)
  const browser = await startBrowser()
  t.after(() => browser.close())
  const { page, complaints } = await look(browser, url)
  const response = await page.goto('/api/v1/docs')
  assert.match(response?.headers()['content-security-policy'] ?? '', /^default-src 'none'; script-src 'self'; style-src 'self' 'sha256-/)
  const operation = page.locator('.opblock', { hasText: 'Whether this process lives.' })
  await operation.locator('.opblock-summary').click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  await operation.getByText('test-installation').first().waitFor()
  assert.deepEqual(complaints, [])
})
