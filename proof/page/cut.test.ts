// A page whose server cannot be reached, or answers a part of what it is asked: it says so, tries again by itself, and loads for ever nowhere.
import { type TestContext, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { look } from '../harness/browser.ts'
import { site } from './site.ts'

const events = (url: URL): boolean => url.pathname === '/events'
const groups = (url: URL): boolean => url.pathname === '/api/v1/groups'
const login = (url: URL): boolean => url.pathname === '/api/v1/login'

void describe('cut off before the first event', () => {
  const here = site()

  const blank = async (t: TestContext): Promise<Page> => {
    const { page, context } = await look(here.browser, here.controller.url)
    t.after(() => context.close())
    return page
  }
  const saysThatNothingIsKnown = async (page: Page): Promise<void> => {
    await page
      .getByRole('alert')
      .getByText(/^Not connected to the server since \d\d:\d\d:\d\d\. Trying again by itself\.$/)
      .waitFor()
    await page.getByRole('heading', { name: 'Nothing is known of the groups yet.' }).waitFor()
    await page.getByText('Reading the groups').waitFor({ state: 'detached' })
  }
  const isLive = async (page: Page): Promise<void> => {
    await page.getByRole('status').getByText('live').waitFor()
    await page.getByRole('heading', { name: 'No groups yet' }).waitFor()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  }

  test('neither events nor groups come -> not connected since when; live by itself when they do', async (t) => {
    const page = await blank(t)
    for (const path of [events, groups]) await page.route(path, (route) => route.abort())
    await page.goto('/')
    await saysThatNothingIsKnown(page)
    for (const path of [events, groups]) await page.unroute(path)
    await isLive(page)
  })

  test('not even the question who asks is answered -> the same', async (t) => {
    const page = await blank(t)
    for (const path of [events, groups, login]) await page.route(path, (route) => route.abort())
    await page.goto('/')
    await saysThatNothingIsKnown(page)
    for (const path of [events, groups, login]) await page.unroute(path)
    await isLive(page)
  })

  test('a proxy keeps the event stream to itself -> the groups as they were read, and that they may be old', async (t) => {
    const page = await blank(t)
    await page.clock.install()
    await page.route(events, () => {})
    await page.goto('/')
    await page.getByText('Reading the groups').waitFor()
    await page.clock.fastForward(10_000)
    await page
      .getByRole('alert')
      .getByText(/^Not connected|^Cut off/)
      .waitFor()
    await page.clock.fastForward(2_000)
    await page.getByRole('heading', { name: 'No groups yet' }).waitFor()
    await page.getByRole('alert').getByText('What you see may be old.').waitFor()
  })

  test('the stream lives and the groups are refused once -> the reason, then the groups', async (t) => {
    const page = await blank(t)
    let refusals = 0
    await page.route(groups, async (route) => {
      if (refusals++ > 0) return await route.fallback()
      const body = JSON.stringify({ code: 'STORE_BROKEN', status: 503, detail: 'the disk is full', details: [] })
      await route.fulfill({ status: 503, contentType: 'application/problem+json', body })
    })
    await page.goto('/')
    await page.getByRole('heading', { name: 'The groups cannot be read.' }).waitFor()
    await isLive(page)
  })
})
