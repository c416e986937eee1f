// Who may do what, on the page; going back to an earlier spec; and nothing that keeps a person with a screen reader or bad eyes out.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { found, instead, until } from '../harness/wait.ts'
import { site } from './site.ts'

const limitMs = 60_000
const password = 'a long password'

void describe('people on the page', () => {
  const here = site(async (controller) => {
    const ofOne = (name: string, address: string) => controller.api.apply([{ name, engine: 'redis', nodes: [{ name: 'a', address }] }])
    await ofOne('shop', '127.0.0.1:1')
    await ofOne('cart', '127.0.0.1:2')
    await controller.api.apply([], ['cart'], 'not needed any more')
  })

  test('an earlier revision is restored -> the preview names what comes and goes, and it is a new revision', async (t) => {
    const { page, complaints } = await here.visit(t, '/spec')
    await page.getByText('not needed any more').waitFor()
    await page.getByRole('button', { name: /^Revision 2/ }).click()
    await page.getByText('From revision 2 to 3').waitFor()
    await page.getByText('removed with').waitFor()
    await page.getByRole('button', { name: 'Restore' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('added as redis with').waitFor()
    await dialog.getByLabel('Why').fill('needed after all')
    await dialog.getByText('added as redis with').waitFor()
    await dialog.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('needed after all').waitFor()
    assert.deepEqual((await here.controller.api.groups())?.map(({ group }) => group).toSorted(), ['cart', 'shop'])
    assert.deepEqual(complaints, [])
  })

  test('the first user is named on the page -> from then on everybody logs in, and a wrong password is refused', async (t) => {
    const { page, complaints } = await here.visit(t, '/settings', { expected: /401/ })
    await page.getByText('Nobody was named yet').waitFor()
    await page.getByRole('button', { name: 'Add a user' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('ann')
    await dialog.getByLabel('Role').selectOption('admin')
    await dialog.getByLabel('Password').fill(password)
    await dialog.getByRole('button', { name: 'Add a user' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await page.getByLabel('Name').fill('ann')
    await page.getByLabel('Password').fill('a wrong password')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('name and password do not belong together').waitFor()
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('ann, role admin, groups *').waitFor()
    await page.getByRole('button', { name: 'Add a user' }).click()
    await dialog.getByLabel('Name').fill('bob')
    await dialog.getByLabel('Password').fill(password)
    await dialog.getByRole('button', { name: 'Add a user' }).click()
    await page.getByRole('row', { name: /bob viewer/ }).waitFor()
    await page.getByRole('link', { name: 'Audit' }).click()
    await page
      .getByRole('row', { name: /ann.*POST \/api\/v1\/users/ })
      .first()
      .waitFor()
    assert.deepEqual(complaints, [])
  })

  test('a viewer -> sees everything, is told why he cannot act, and is refused when he tries', async (t) => {
    const { page, complaints } = await here.visit(t, '/groups/shop', { expected: /401|403/ })
    await page.getByLabel('Name').fill('bob')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('You are bob with the role viewer').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Switch over' }).isDisabled())
    assert.equal(await page.getByRole('link', { name: 'Audit' }).count(), 0)
    const tried = await page.evaluate(async () => {
      const answer = await fetch('/api/v1/groups/shop/pause', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      return (await answer.json()) as { code: string }
    })
    assert.equal(tried.code, 'FORBIDDEN')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    assert.equal(await page.evaluate(async () => (await fetch('/api/v1/groups')).status), 401)
    assert.deepEqual(complaints, [])
  })

  test('language and theme are chosen -> they hold for the next visit of this browser', async (t) => {
    const { page, context } = await here.visit(t, '/')
    await page.getByLabel('Name').fill('bob')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Colours').selectOption('dark')
    await page.getByLabel('Language').selectOption('zh')
    await page.getByRole('heading', { name: '设置' }).waitFor()
    const again = await context.newPage()
    await again.goto('/')
    await again.getByRole('link', { name: '复制组' }).waitFor()
    await until('the page is dark', limitMs, async () => {
      const theme = await again.locator('html').getAttribute('data-theme')
      return theme === 'dark' ? found(true) : instead(String(theme))
    })
  })
})
