// Every screen of the page as a picture, with real servers behind it: `script/run screens` writes them into screens/.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { look, startBrowser } from './harness/browser.ts'
import { CannotRun, main } from './harness/cleanup.ts'
import { parsed } from './harness/options.ts'
import { type Shot, shots } from './page/shots.ts'
import { type Scene, startScene } from './page/scene.ts'

const usage = `script/run screens [-- --only TEXT] [--way TEXT] [--every]
  --only TEXT    only screens whose name contains it
  --way TEXT     only ways whose name contains it, of zh-light-phone and the like
  --every        each screen in both themes, both languages and both widths; else English in light, Chinese in dark, and English on a phone`

const { values } = parsed(usage, () =>
  parseArgs({ options: { only: { type: 'string' }, way: { type: 'string' }, every: { type: 'boolean' }, help: { type: 'boolean' } } }),
)

const out = fileURLToPath(new URL('../screens', import.meta.url))
const desk = { width: 1360, height: 860 }
const phone = { width: 390, height: 844 }

interface Way {
  readonly name: string
  readonly locale: string
  readonly colorScheme: 'light' | 'dark'
  readonly viewport: typeof desk
}

const every: readonly Way[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [
    { name: 'en', locale: 'en-GB' },
    { name: 'zh', locale: 'zh-CN' },
  ].flatMap(({ name, locale }) => [
    { name: `${name}-${colorScheme}`, locale, colorScheme, viewport: desk },
    { name: `${name}-${colorScheme}-phone`, locale, colorScheme, viewport: phone },
  ]),
)
const few = every.filter(({ name }) => ['en-light', 'zh-dark', 'en-light-phone'].includes(name))

async function take(scene: Scene, shot: Shot, way: Way, page: Page): Promise<void> {
  const path = join(out, `${shot.name}.${way.name}.png`)
  const picture = { path, fullPage: shot.whole ?? true, animations: 'disabled' } as const
  try {
    await page.goto(shot.path)
    await shot.ready(page, scene)
    await page.screenshot(picture)
  } catch (error) {
    await page.screenshot(picture)
    throw new Error(`${path} shows what was there instead`, { cause: error })
  }
}

if (values.help) console.log(`usage: ${usage}`)
else
  main({ limitMs: 30 * 60_000 }, async () => {
    const { only = '', way: wanted } = values
    const ways = values.every === true ? every : wanted === undefined ? few : every.filter(({ name }) => name.includes(wanted))
    const wantedShots = shots.filter(({ name }) => name.includes(only))
    if (ways.length === 0) throw new CannotRun(`no way is called "${wanted}": ${every.map(({ name }) => name).join(', ')}`)
    if (wantedShots.length === 0) throw new CannotRun(`no screen is called "${only}": ${shots.map(({ name }) => name).join(', ')}`)
    if (only === '' && wanted === undefined) rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    const [scene, browser] = await Promise.all([startScene(), startBrowser()])
    let taken = 0
    for (const way of ways) {
      const { name: _name, ...options } = way
      for (const shot of wantedShots) {
        const { page, context, complaints } = await look(browser, scene.controller.url, options)
        await take(scene, shot, way, page).finally(() => console.log(complaints.join('\n')))
        await context.close()
        taken++
      }
    }
    await browser.close()
    await scene.close()
    console.log(`${taken} pictures in ${out}`)
    return 0
  })
