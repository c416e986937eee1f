// A thousand groups on the overview. How fast, `script/run page` measures; here is what must be so on any machine.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { look, startBrowser } from '../harness/browser.ts'
import { nameOf, startThousand } from './thousand.ts'

const count = 1000
/** Rows in sight and a few beyond, on a screen of this size. */
const mostTiles = 80

test('a thousand groups -> all are counted and can be found, only those in sight are drawn, one that falls comes to the top at once', async (t) => {
  const [server, browser] = await Promise.all([startThousand(count), startBrowser()])
  t.after(async () => {
    await browser.close()
    await server.close()
  })
  const { page, complaints } = await look(browser, server.url)
  await page.goto('/')
  await page.getByText('1000 of 1000 groups').waitFor()
  const tiles = page.locator('.tile')
  assert.ok((await tiles.count()) <= mostTiles, `${await tiles.count()} tiles are in the document`)
  assert.match(await tiles.first().innerText(), new RegExp(nameOf(7)))
  server.turn(500, 'down', 2)
  await page
    .locator('.tile', { hasText: nameOf(500) })
    .getByText('down')
    .waitFor()
  await page.evaluate('window.scrollTo(0, document.body.scrollHeight)')
  await page.locator('.tile', { hasText: nameOf(999) }).waitFor()
  assert.ok((await tiles.count()) <= mostTiles)
  await page.keyboard.press('/')
  await page.keyboard.type(nameOf(42))
  await page.getByText('1 of 1000 groups').waitFor()
  await page.locator('.tile', { hasText: nameOf(42) }).waitFor()
  assert.deepEqual(complaints, [])
})
