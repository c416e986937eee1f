// The page as a person meets it: real Chromium, a real server, real redis-servers.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { look } from '../harness/browser.ts'
import type { Group } from '../harness/servers.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { site } from './site.ts'

void describe('the overview', () => {
  const here = site()

  test('first visit, no group yet -> says what a group is; nothing leaves the origin', async (t) => {
    const { page, context, complaints } = await look(here.browser, here.controller.url)
    t.after(() => context.close())
    const answer = await page.goto('/')
    assert.match(answer?.headers()['content-security-policy'] ?? '', /default-src 'self'/)
    await page.getByRole('heading', { name: 'No groups yet' }).waitFor()
    await page.getByRole('status').getByText('live').waitFor()
    assert.deepEqual(complaints, [])
  })

  test('the browser speaks Chinese -> so does the page', async (t) => {
    const { page, complaints } = await here.visit(t, '/', { locale: 'zh-CN' })
    await page.getByRole('heading', { name: '还没有复制组' }).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
    assert.deepEqual(complaints, [])
  })

  test('a group that is not there, asked for again and again -> the refusal stays where it is', async (t) => {
    const { page, complaints } = await here.visit(t, '/groups/nobody', { expected: /404/ })
    const refused = page.getByRole('alert').filter({ hasText: 'UNKNOWN_GROUP' })
    await refused.waitFor()
    const first = await refused.elementHandle()
    for (let asked = 0; asked < 3; asked++) await page.waitForResponse(/groups\/nobody$/)
    assert.equal(await first?.evaluate(({ isConnected }) => isConnected), true)
    assert.deepEqual(complaints, [])
  })

  void describe('with a group', () => {
    let group: Group
    before(async () => {
      group = await startWatched(here.controller, 'shop', 3, { persistence: 'aof', delay: 0 })
    })
    after(() => dismiss(here.controller, group))

    test('its primary is killed -> the tile tells it without a reload', async (t) => {
      const { page, complaints } = await here.visit(t, '/')
      const tile = page.getByRole('link', { name: /shop/ })
      await tile.getByText('healthy').waitFor()
      await tile.getByText('epoch 1', { exact: true }).waitFor()
      await group.node('n1').server.kill9()
      await tile.getByText('epoch 2', { exact: true }).waitFor()
      await tile.getByText('degraded').waitFor()
      await page.getByRole('button', { name: /degraded/ }).click()
      await page.getByText('1 of 1 groups').waitFor()
      await group.node('n1').server.start()
      await page.getByText('0 of 1 groups').waitFor()
      assert.deepEqual(complaints, [])
    })

    test('the server stops and starts again -> the page says that it is cut off, then is live by itself', async (t) => {
      const { page } = await here.visit(t, '/')
      await page.getByRole('status').getByText('live').waitFor()
      await here.controller.stop()
      await page.getByRole('alert').getByText('Cut off from the server').waitFor()
      await here.controller.start()
      await page.getByRole('status').getByText('live').waitFor()
      await page.getByRole('link', { name: /shop/ }).getByText('healthy').waitFor()
    })
  })
})
