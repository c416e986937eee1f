// The screens worth a picture, each with how one gets there and by what one knows that it is drawn. Found by place, not by words: they are taken in every language.
import type { Page } from 'playwright-core'
import type { Scene } from './scene.ts'

export interface Shot {
  readonly name: string
  readonly path: string
  /** Goes on from the path to what is shown, and ends when it is drawn. */
  readonly ready: (page: Page, scene: Scene) => Promise<void>
  /** The whole page; false: what fits the window. */
  readonly whole?: boolean
}

const drawn =
  (...selectors: readonly string[]) =>
  async (page: Page): Promise<void> => {
    for (const selector of selectors) await page.locator(selector).first().waitFor({ state: 'attached' })
    await page.evaluate('document.fonts.ready.then(() => null)')
  }

/** Opens the dialog of an action of a group, which asks the server what would happen. */
const acting =
  (at: number, told: string) =>
  async (page: Page): Promise<void> => {
    await page.locator('.actions button').nth(at).click()
    await page.locator(`dialog ${told}`).first().waitFor()
  }

/** As if the server answered this; the screen is loaded anew with it. */
const answered =
  (path: string, answer: 'cut' | { readonly status: number; readonly body: unknown }, then: string) =>
  async (page: Page): Promise<void> => {
    await page.route(
      (url) => url.pathname === path,
      (route) =>
        answer === 'cut'
          ? route.abort()
          : route.fulfill({ status: answer.status, contentType: 'application/json', body: JSON.stringify(answer.body) }),
    )
    await page.reload()
    await page.locator(then).first().waitFor()
  }

const refused = {
  status: 503,
  body: { code: 'STORE_BROKEN', detail: 'the store cannot be read', details: ['the disk is full'], status: 503 },
}

export const shots: readonly Shot[] = [
  {
    name: 'login',
    path: '/',
    ready: answered('/api/v1/login', { status: 200, body: { who: null, demanded: true, expiresAt: null } }, '.login'),
  },
  { name: 'overview-first', path: '/', ready: answered('/api/v1/groups', { status: 200, body: { groups: [] } }, '.note button') },
  { name: 'overview-failed', path: '/', ready: answered('/api/v1/groups', refused, '.note h2') },
  { name: 'overview-cut', path: '/', ready: answered('/events', 'cut', '.banner') },
  {
    name: 'overview-unreached',
    path: '/',
    async ready(page) {
      await page.route(
        ({ pathname }) => pathname === '/events' || pathname === '/api/v1/groups',
        (route) => route.abort(),
      )
      await page.reload()
      await page.locator('.banner').waitFor()
      await page.locator('.note h2').waitFor()
    },
  },
  { name: 'overview', path: '/', ready: drawn('.tile.bad', '.tile.good') },
  { name: 'overview-none', path: '/?q=nothing', ready: drawn('.note .button') },
  { name: 'group-healthy', path: '/groups/shop', ready: drawn('.wire.up', '.passage') },
  { name: 'group-degraded', path: '/groups/cart', ready: drawn('.wire.down') },
  { name: 'group-down', path: '/groups/ledger', ready: drawn('.head.bad', '.card') },
  { name: 'group-paused', path: '/groups/queue', ready: drawn('.strip') },
  { name: 'group-missing', path: '/groups/nobody', ready: drawn('.refused') },
  { name: 'timeline', path: '/groups/shop/timeline', ready: drawn('.entry') },
  { name: 'timeline-past', path: '/groups/shop/timeline?at=9', ready: drawn('.stood', '.chosen', '.wire') },
  { name: 'charts', path: '/groups/shop/charts', ready: drawn('.chart canvas') },
  { name: 'act-roll', path: '/groups/shop', ready: acting(5, '.would'), whole: false },
  { name: 'act-switchover', path: '/groups/shop', ready: acting(0, '.move'), whole: false },
  {
    name: 'act-schedule',
    path: '/groups/shop',
    async ready(page) {
      await page.locator('.actions button').nth(0).click()
      await page.locator('dialog .button.small').click()
      await page.locator('dialog input[type=datetime-local]').waitFor()
      await page.locator('dialog .would').waitFor()
    },
    whole: false,
  },
  { name: 'act-switchover-refused', path: '/groups/cart', ready: acting(0, '.refused'), whole: false },
  { name: 'act-pause', path: '/groups/shop', ready: acting(1, '.safe'), whole: false },
  { name: 'act-maintain', path: '/groups/shop', ready: acting(2, '.would'), whole: false },
  { name: 'act-failover', path: '/groups/shop', ready: acting(7, '.move'), whole: false },
  {
    name: 'act-add-node',
    path: '/groups/shop',
    async ready(page) {
      await page.locator('.actions button').nth(4).click()
      const inputs = page.locator('dialog input')
      await inputs.nth(0).fill('n4')
      await inputs.nth(1).fill('10.0.0.4:6379')
      await page.locator('dialog .changes').waitFor()
    },
    whole: false,
  },
  { name: 'act-remove-group', path: '/groups/cart', ready: acting(8, '.changes'), whole: false },
  { name: 'act-policy', path: '/groups/shop', ready: acting(6, '.policy'), whole: false },
  { name: 'act-what-if', path: '/groups/shop', ready: acting(3, '.safe'), whole: false },
  { name: 'spec', path: '/spec', ready: drawn('.revisions button', '.changes') },
  {
    name: 'act-restore',
    path: '/spec',
    async ready(page) {
      await page.locator('.revisions button').nth(2).click()
      await page.locator('.shown-revision .head-line button').click()
      await page.locator('dialog .check').waitFor()
      await page.locator('dialog .check input').check()
      await page.locator('dialog .changes').waitFor()
    },
    whole: false,
  },
  {
    name: 'act-policies',
    path: '/spec',
    async ready(page) {
      await page.locator('.page-head button').click()
      await page.locator('dialog .policy').waitFor()
      await page.locator('dialog input').nth(0).fill('*')
      await page.locator('dialog .policy input').nth(1).fill('1500')
      await page.locator('dialog .changes').waitFor()
    },
  },
  { name: 'doctor', path: '/doctor', ready: drawn('.panel') },
  { name: 'controllers', path: '/controllers', ready: drawn('.figures') },
  { name: 'audit', path: '/audit', ready: drawn('tbody tr') },
  { name: 'settings', path: '/settings', ready: drawn('.settings .button') },
  {
    name: 'act-add-user',
    path: '/settings',
    async ready(page) {
      await page.locator('.settings .button').first().click()
      await page.locator('dialog input').first().waitFor()
    },
    whole: false,
  },
  {
    name: 'act-add-group',
    path: '/',
    async ready(page) {
      await page.locator('.filters button').click()
      const inputs = page.locator('dialog input')
      await inputs.nth(0).fill('search')
      await inputs.nth(3).fill('10.0.0.1:6379')
      await inputs.nth(5).fill('10.0.0.2:6379')
      await page.locator('dialog .changes').waitFor()
    },
    whole: false,
  },
]
