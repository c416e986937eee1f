// Every screen with data in it, in both themes and both languages, read by axe as a screen reader and a person with bad eyes would meet it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { look, startBrowser } from '../harness/browser.ts'
import { pass } from '../harness/wait.ts'
import { type Scene, startScene } from './scene.ts'
import { shots } from './shots.ts'

const phoneWidth = 390
const fitLimitMs = 30_000
const desk = { width: 1280, height: 800 }
const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Each theme and each language once: colours do not depend on the language, nor words on the theme. */
const ways = [
  { colorScheme: 'light', locale: 'en-GB' },
  { colorScheme: 'dark', locale: 'zh-CN' },
] as const

async function offences(page: Page): Promise<string[]> {
  await page.evaluate(source)
  // Only what is wrong is wanted, and it need not fetch our style sheets again.
  const { violations } = await page.evaluate<AxeResults>(`axe.run({ preload: false, resultTypes: ['violations'] })`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`))
}

void describe('axe', () => {
  let browser: Browser
  let scene: Scene
  before(async () => {
    ;[browser, scene] = await Promise.all([startBrowser(), startScene()])
  })
  after(async () => {
    await browser.close()
    await scene.close()
  })

  test('a text that nobody can read and a button without a name -> found', async () => {
    const { page, context } = await look(browser, scene.controller.url)
    await page.goto('/')
    await page.locator('.tile').first().waitFor()
    await page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', '<p class="quiet" id="pale">pale</p><button></button>')`,
    )
    await page.evaluate(`document.querySelector('#pale').style.color = '#eee'`)
    const found = (await offences(page)).join('\n')
    await context.close()
    assert.match(found, /color-contrast: <p class="quiet" id="pale"/)
    assert.match(found, /button-name/)
  })

  for (const way of ways)
    test(`every screen, ${way.locale}, in ${way.colorScheme} -> nothing serious, and nothing wider than a phone`, async (t) => {
      const options = { ...way, viewport: desk, reducedMotion: 'reduce', expected: /404|409|503|ERR_FAILED/ } as const
      const { page, context, complaints } = await look(browser, scene.controller.url, options)
      t.after(() => context.close())
      const found: string[] = []
      for (const shot of shots) {
        await page.unrouteAll()
        await page.goto(shot.path)
        await shot.ready(page, scene)
        const seen = await offences(page)
        await page.setViewportSize({ width: phoneWidth, height: 800 })
        // Charts are drawn anew for their place, a moment after it has changed.
        const end = performance.now() + fitLimitMs
        let width = Infinity
        while (width > phoneWidth && performance.now() < end) {
          width = await page.evaluate<number>('document.documentElement.scrollWidth')
          if (width > phoneWidth) await pass(20)
        }
        if (width > phoneWidth) seen.push(`is ${width} px wide on a phone of ${phoneWidth}`)
        await page.setViewportSize(desk)
        found.push(...seen.map((offence) => `${shot.name}: ${offence}`))
      }
      assert.equal(found.join('\n'), '')
      assert.deepEqual(complaints, [])
    })
})
