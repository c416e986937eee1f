// Waits and limits on the page: what is in force and from where, what a change would be, and who may not make it.
import assert from 'node:assert/strict'
import { type TestContext, describe, test } from 'node:test'
import type { LookOptions } from '../harness/browser.ts'
import { site } from './site.ts'

const password = 'a long password'

void describe('the policy on the page', () => {
  const here = site(async (controller) => {
    await controller.api.apply([{ name: 'shop', engine: 'redis', nodes: [{ name: 'a', address: '127.0.0.1:1' }] }])
  })

  const opened = async (t: TestContext, options: LookOptions = {}) => {
    const visitor = await here.visit(t, '/groups/shop', options)
    await visitor.page.getByRole('button', { name: 'Policy' }).click()
    const dialog = visitor.page.getByRole('dialog')
    await dialog.getByText('in force: 1000 (built in)').first().waitFor()
    return { ...visitor, dialog, save: dialog.getByRole('button', { name: 'Save the policy' }) }
  }
  const inForce = async (key: string): Promise<unknown> => {
    const { policy } = (await (await fetch(`${here.controller.url}/api/v1/groups/shop/policy`)).json()) as {
      policy: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>
    }
    return policy[key]
  }

  test('a value that cannot be -> the field and what it must be are named, nothing can be saved', async (t) => {
    const { dialog, save, complaints } = await opened(t, { expected: /400/ })
    assert.ok(await save.isDisabled(), 'nothing was changed yet')
    await dialog.getByLabel('silentAfterMs').fill('soon')
    await dialog.getByText(/policy\.silentAfterMs: is "soon"; it must be/).waitFor()
    assert.ok(await save.isDisabled())
    await dialog.getByLabel('silentAfterMs').fill('1')
    await dialog.getByText(/policy\.silentAfterMs: is 1; it must be 100 to/).waitFor()
    assert.ok(await save.isDisabled())
    assert.deepEqual(await inForce('silentAfterMs'), { value: 1000, from: 'built in' })
    assert.deepEqual(complaints, [])
  })

  test('a value is filled in -> its difference is shown first, then saved with its reason and in force', async (t) => {
    const { page, dialog, save, complaints } = await opened(t)
    await dialog.getByLabel('silentAfterMs').fill('1500')
    await dialog.getByLabel('guard').selectOption('off')
    await dialog.getByText('silentAfterMs default -> 1500').waitFor()
    await dialog.getByText('guard default -> off').waitFor()
    assert.deepEqual(await inForce('silentAfterMs'), { value: 1000, from: 'built in' }, 'looking changes nothing')
    await dialog.getByLabel('Why').fill('a slow network')
    await dialog.getByText('silentAfterMs default -> 1500').waitFor()
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(await inForce('silentAfterMs'), { value: 1500, from: 'group' })
    await page.getByRole('button', { name: 'Policy' }).click()
    await dialog.getByText('in force: 1500 (set here)').waitFor()
    await dialog.getByLabel('guard').selectOption('not set here')
    await dialog.getByText('guard off -> default').waitFor()
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(await inForce('guard'), { value: 'auto', from: 'built in' })
    await page.getByRole('link', { name: 'Spec' }).click()
    await page.getByText('a slow network').waitFor()
    assert.deepEqual(complaints, [])
  })

  test('two tabs, the other one saved first -> refused, and after a second look both changes stand', async (t) => {
    const [mine, other] = [await opened(t, { expected: /412/ }), await opened(t)]
    await mine.dialog.getByLabel('probeEveryMs').fill('300')
    await mine.dialog.getByText('probeEveryMs default -> 300').waitFor()
    await other.dialog.getByLabel('retryDownMs').fill('200')
    await other.dialog.getByText('retryDownMs default -> 200').waitFor()
    await other.save.click()
    await other.dialog.waitFor({ state: 'detached' })
    await mine.save.click()
    await mine.dialog.getByText('STALE', { exact: true }).waitFor()
    assert.deepEqual(await inForce('probeEveryMs'), { value: 250, from: 'built in' })
    await mine.dialog.getByRole('button', { name: 'Look again' }).click()
    await mine.dialog.getByText('probeEveryMs default -> 300').waitFor()
    await mine.dialog.getByText('in force: 200 (set here)').waitFor()
    await mine.save.click()
    await mine.dialog.waitFor({ state: 'detached' })
    assert.deepEqual(await inForce('probeEveryMs'), { value: 300, from: 'group' })
    assert.deepEqual(await inForce('retryDownMs'), { value: 200, from: 'group' })
    assert.deepEqual([...mine.complaints, ...other.complaints], [])
  })

  test('a policy for many groups, another one was added before it meanwhile -> the change goes to the one that was chosen', async (t) => {
    const policies = async (list: readonly unknown[]): Promise<void> => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${here.controller.url}/api/v1/spec`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ policies: list }),
      })
      assert.equal(answer.status, 200, await answer.text())
    }
    const shop = { match: 'sh*', policy: { failback: 'atOnce' } }
    await policies([shop])
    const { page, complaints } = await here.visit(t, '/spec', { expected: /412/ })
    await page.getByRole('button', { name: 'Policies of many groups' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('flapFailovers').fill('5')
    await dialog.getByText('flapFailovers').last().waitFor()
    const save = dialog.getByRole('button', { name: 'Save the policy' })
    await dialog.getByText(/-> 5/).waitFor()
    await policies([{ match: '*', policy: { parallelSyncs: 2 } }, shop])
    await save.click()
    await dialog.getByRole('button', { name: 'Look again' }).click()
    await dialog.getByText(/-> 5/).waitFor()
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(await inForce('flapFailovers'), { value: 5, from: 'policies "sh*"' })
    assert.deepEqual(await inForce('parallelSyncs'), { value: 2, from: 'policies "*"' })
    assert.deepEqual(complaints, [])
  })

  test('a viewer -> may not open it, and is refused when he asks all the same', async (t) => {
    const users = [
      { name: 'ann', role: 'admin', groups: ['*'], password },
      { name: 'bob', role: 'viewer', groups: ['*'], password },
    ]
    const { page, complaints } = await here.visit(t, '/groups/shop', { expected: /401|403/ })
    for (const user of users)
      await page.evaluate(async (body) => {
        const headers = { 'content-type': 'application/json' }
        await fetch('/api/v1/users', { method: 'POST', headers, body: JSON.stringify(body) })
        if (body.role === 'admin')
          await fetch('/api/v1/login', { method: 'POST', headers, body: JSON.stringify({ name: body.name, password: body.password }) })
        else await fetch('/api/v1/login', { method: 'DELETE', headers, body: '{}' })
      }, user)
    await page.reload()
    await page.getByLabel('Name').fill('bob')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('You are bob with the role viewer').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Policy' }).isDisabled())
    const tried = await page.evaluate(async () => {
      const body = JSON.stringify({ policies: [{ match: '*', policy: { silentAfterMs: 2000 } }] })
      const answer = await fetch('/api/v1/spec', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      return (await answer.json()) as { readonly code: string }
    })
    assert.equal(tried.code, 'FORBIDDEN')
    assert.deepEqual(complaints, [])
  })
})
