// What a person does on the page: each action first says what would happen, then does it; who may not act is told so, and what is stale is refused.
import assert from 'node:assert/strict'
import { type TestContext, after, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { LookOptions } from '../harness/browser.ts'
import { roleOf } from '../harness/client.ts'
import { type Group, startGroup } from '../harness/servers.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { state } from './scene.ts'
import { site } from './site.ts'

const options = { persistence: 'aof', delay: 0 } as const

void describe('acting on the page', () => {
  let shop: Group
  after(() => dismiss(here.controller, shop))
  const here = site(async (controller) => {
    shop = await startWatched(controller, 'shop', 3, options)
  })

  const visiting = (t: TestContext, path = '/groups/shop', options: LookOptions = {}) => here.visit(t, path, options)
  const epoch = (page: Page, n: number) => page.locator('.head > .head-line').getByText(`epoch ${n}`, { exact: true })

  test('a failover is watched -> every step of it appears as it happens, then the way back of the old primary', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    await epoch(page, 1).waitFor()
    await shop.node('n1').server.kill9()
    await epoch(page, 2).waitFor()
    const steps = page.getByRole('heading', { name: 'Failover to epoch 2' }).locator('..')
    for (const step of [
      'suspected',
      'agreed that it is lost',
      'decided and saved',
      'promoted, closed',
      'seen as primary',
      'open to writes',
      'clients told',
      'all others follow',
    ])
      await steps.getByRole('listitem').filter({ hasText: step }).filter({ hasText: 'done' }).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'n1' }).getByText('refused').waitFor()
    await shop.node('n1').server.start()
    await page.getByText('n1 is back').waitFor()
    await page.locator('.head').getByText('healthy', { exact: true }).waitFor()
    assert.deepEqual(visitor.complaints, [])
  })

  test('the controller restarts -> the steps of the last failover are shown as before', async (t) => {
    const { page } = await visiting(t, '/groups/shop')
    const steps = page.getByRole('heading', { name: 'Failover to epoch 2' }).locator('..').getByRole('listitem')
    await steps.first().waitFor()
    const before = await steps.allInnerTexts()
    await here.controller.stop()
    await here.controller.start()
    await state(here.controller, 'shop', ({ state }) => state === 'healthy')
    await page.reload()
    await steps.first().waitFor()
    assert.deepEqual(await steps.allInnerTexts(), before)
    await page.getByRole('link', { name: 'Timeline' }).click()
    await page.getByText(/the failover from n1 to n2 is done: open to writes after \d+ ms/).waitFor()
  })

  test('the slider goes back to the decision -> the graph and the record of that moment, with its evidence', async (t) => {
    const visitor = await visiting(t, '/groups/shop/timeline')
    const { page } = visitor
    const entry = page.getByRole('listitem').filter({ hasText: 'steady.lost/elect.inSync' })
    const past = page.getByRole('region', { name: 'The group at a past moment' })
    await past.getByText('clients may write').waitFor()
    await page.getByRole('slider', { name: 'Moment' }).focus()
    for (let steps = 0; (await entry.getByRole('button').getAttribute('aria-current')) !== 'true' && steps < 60; steps++)
      await page.keyboard.press('ArrowLeft')
    await past.getByText('nobody may write').waitFor()
    await past.getByText('candidate', { exact: true }).first().waitFor()
    await past.getByRole('listitem').filter({ hasText: 'n1' }).getByText('refused').waitFor()
    await past.getByText('promote n2: n2 was in sync').waitFor()
    assert.match(page.url(), /\?at=\d+$/)
    await past.getByRole('button', { name: 'To the newest' }).click()
    await past.getByText('clients may write').waitFor()
    assert.deepEqual(visitor.complaints, [])
  })

  test('switchover in two clicks -> the preview says from whom to whom and that it is safe, then the node is primary', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    const { primary, epoch: was } = await state(here.controller, 'shop', ({ state }) => state === 'healthy')
    await page.getByRole('button', { name: 'Switch over' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Safe: no acknowledged write is lost.').waitFor()
    assert.equal((await here.controller.api.group('shop'))?.epoch, was)
    await dialog.getByRole('button', { name: 'Switch over' }).click()
    await dialog.waitFor({ state: 'detached' })
    await epoch(page, was + 1).waitFor()
    const now = await state(here.controller, 'shop', (status) => status.primary !== primary && status.state === 'healthy')
    assert.equal((await roleOf(shop.node(now.primary).address)).role, 'primary')
    assert.deepEqual(visitor.complaints, [])
  })

  test('a failover by force is looked at -> what it may lose is said once, in red above the button', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    await state(here.controller, 'shop', ({ state }) => state === 'healthy')
    await page.getByRole('button', { name: 'Fail over' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('.strip.bad').getByText('Not safe:').waitFor()
    const said = await dialog.innerText()
    assert.equal(said.match(/discarded|given up/g)?.length, 1, said)
    assert.match(said, /Not safe:.*(?:discarded|given up)[^]*Fail over, accepting loss/)
    assert.deepEqual(visitor.complaints, [])
  })

  test('nothing but the keyboard -> the content is reached past the menu, and a switchover is made', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    const was = await state(here.controller, 'shop', ({ state }) => state === 'healthy')
    await page.getByRole('button', { name: 'Switch over' }).waitFor()
    await page.keyboard.press('Tab')
    await page.locator(':focus', { hasText: 'Skip to the content' }).waitFor()
    await page.keyboard.press('Enter')
    const tabTo = async (name: string): Promise<void> => {
      for (let steps = 0; steps < 20; steps++) {
        if ((await page.locator(':focus').innerText()) === name) return
        await page.keyboard.press('Tab')
      }
      assert.fail(`the focus never came to ${name}`)
    }
    await tabTo('Switch over')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Safe: no acknowledged write is lost.').waitFor()
    assert.equal(await dialog.locator(':focus').count(), 1)
    await tabTo('Cancel')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await epoch(page, was.epoch + 1).waitFor()
    await page.locator(':focus', { hasText: 'Switch over' }).waitFor()
    assert.deepEqual(visitor.complaints, [])
  })

  test('two tabs, the events of one are cut, the other switches over -> the stale one is refused and told what changed', async (t) => {
    const [fresh, stale] = [await visiting(t), await visiting(t, '/', { expected: /412|ERR_FAILED/ })]
    const was = await state(here.controller, 'shop', ({ state }) => state === 'healthy')
    await stale.page.route('**/events', (route) => route.abort())
    await stale.page.goto('/groups/shop')
    await stale.page.getByRole('button', { name: 'Switch over' }).click()
    const asked = stale.page.getByRole('dialog')
    await asked.getByText('Safe: no acknowledged write is lost.').waitFor()
    await fresh.page.getByRole('button', { name: 'Switch over' }).click()
    await fresh.page.getByRole('dialog').getByRole('button', { name: 'Switch over' }).click()
    await epoch(fresh.page, was.epoch + 1).waitFor()
    await asked.getByRole('button', { name: 'Switch over' }).click()
    await asked.getByText('STALE').waitFor()
    await asked.getByText(`not ${was.epoch} as you know it`).waitFor()
    assert.equal((await state(here.controller, 'shop', ({ state }) => state === 'healthy')).epoch, was.epoch + 1)
    await asked.getByRole('button', { name: 'Look again' }).click()
    await asked.getByText('Safe: no acknowledged write is lost.').waitFor()
    assert.deepEqual(fresh.complaints, [])
    assert.deepEqual(stale.complaints, [])
  })

  test('a pause with its end and its reason -> shown to everybody with the time that is left, ended by a click', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    await page.getByRole('button', { name: 'Pause' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('For how long').selectOption({ label: '15 min' })
    await dialog.getByLabel('Why').fill('moving racks')
    await dialog.getByText('Ends by itself at').waitFor()
    await dialog.getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/left, by page — moving racks/).waitFor()
    const { pause } = await state(here.controller, 'shop', (status) => status.pause !== null)
    assert.ok(Math.abs((pause?.until ?? 0) - Date.now() - 15 * 60_000) < 30_000)
    await page.getByRole('button', { name: 'Resume' }).click()
    await dialog.getByRole('button', { name: 'Resume' }).click()
    await state(here.controller, 'shop', (status) => status.pause === null)
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    assert.deepEqual(visitor.complaints, [])
  })

  test('a switchover at an hour to come -> shown to everybody with the time that is left, and taken back by a click', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    await page.getByRole('button', { name: 'Switch over' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Schedule it for later' }).click()
    await dialog.getByText(/^Switchover to the best one at/).waitFor()
    await dialog.getByRole('button', { name: 'Schedule' }).click()
    await page.getByText(/Switchover to the best one at .*, in 59 min.*, by page/).waitFor()
    const { scheduled } = await state(here.controller, 'shop', (status) => status.scheduled !== null)
    assert.ok(Math.abs((scheduled?.at ?? 0) - Date.now() - 3_600_000) < 90_000)
    await page.getByRole('button', { name: 'Take it back' }).click()
    await dialog.getByRole('button', { name: 'Take it back' }).click()
    await state(here.controller, 'shop', (status) => status.scheduled === null)
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(visitor.complaints, [])
  })

  test('a rolling restart is begun and ended -> the page says whose turn it is and regroup restarts nothing', async (t) => {
    const visitor = await visiting(t)
    const { page } = visitor
    await state(here.controller, 'shop', ({ state }) => state === 'healthy')
    await page.getByRole('button', { name: 'Rolling restart' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Begin' }).click()
    const turn = page.getByRole('button', { name: /^Give n\d its turn$/ })
    await turn.waitFor()
    const node = /n\d/.exec(await turn.innerText())?.[0] ?? ''
    await turn.click()
    await page.getByText(`Restart ${node} now, as you usually do.`).waitFor()
    await shop.node(node).server.kill9()
    await shop.node(node).server.start()
    await page.getByText('1 of 3 restarted').waitFor()
    await page.getByRole('button', { name: 'End the roll' }).click()
    await state(here.controller, 'shop', ({ roll }) => roll === null)
    assert.deepEqual(visitor.complaints, [])
  })

  test('a group is added -> the server says first what it would write, then the tile turns healthy by itself', async (t) => {
    const cart = await startGroup('cart', 2, options)
    t.after(() => dismiss(here.controller, cart))
    const visitor = await visiting(t, '/', { expected: /400/ })
    const { page } = visitor
    await page.getByRole('button', { name: 'Add a group' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name of the group').fill('cart')
    const addresses = dialog.getByLabel('Address')
    await addresses.nth(0).fill('nowhere')
    await dialog.getByText('BAD_SPEC').waitFor()
    assert.ok(await dialog.getByRole('button', { name: 'Add the group' }).isDisabled())
    for (const [at, node] of cart.nodes.entries()) await addresses.nth(at).fill(`127.0.0.1:${node.address.port}`)
    await dialog.getByText('added as redis with nodes').waitFor()
    assert.equal(await here.controller.api.group('cart'), null)
    await dialog.getByRole('button', { name: 'Add the group' }).click()
    await page.getByRole('link', { name: /^cart/ }).getByText('healthy').waitFor()
    assert.deepEqual(visitor.complaints, [])
  })
})
