// What the page costs: its weight, its first picture, how soon an event is seen, and its memory over time, with a thousand groups that are data.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { CDPSession, Page } from 'playwright-core'
import { look, startBrowser } from './harness/browser.ts'
import { main } from './harness/cleanup.ts'
import { machine, machineLine } from './harness/machine.ts'
import { parsed, wholeNumber } from './harness/options.ts'
import { figures, figuresText, round, table } from './harness/report.ts'
import { pass } from './harness/wait.ts'
import { type Thousand, nameOf, startThousand } from './page/thousand.ts'

const usage = `script/run page [-- --groups N] [--minutes M] [--runs N] [--json]
  N groups (1000) are data behind a real server; a real Chromium looks at them.
  --minutes M   how long the tab's memory is watched while ten groups change each second (10)
  --runs N      first visits and events that are measured (10)`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      groups: { type: 'string' },
      minutes: { type: 'string' },
      runs: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)
const groups = wholeNumber('groups', values.groups, 1, 20_000, 1000)
const minutes = wholeNumber('minutes', values.minutes, 0, 600, 10)
const runs = wholeNumber('runs', values.runs, 1, 100, 10)
const changesPerSecond = 10

/** Bytes as they go over the wire to a browser that takes gzip. */
function weight(): { readonly first: number; readonly all: number; readonly fonts: number } {
  const out = fileURLToPath(new URL('../dist/web', import.meta.url))
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((name) => ({ name, bytes: statSync(join(out, name)).size }))
  const sum = (wanted: RegExp): number => files.filter(({ name }) => wanted.test(name)).reduce((total, { bytes }) => total + bytes, 0)
  return { first: sum(/index[^/]*\.gz$/), all: sum(/\.gz$/), fonts: sum(/latin-wght[^/]*\.woff2$/) }
}

/** Milliseconds from the navigation to the first picture and to the tiles. */
async function firstVisit(page: Page): Promise<{ readonly paintMs: number; readonly tilesMs: number }> {
  await page.goto('/')
  await page.locator('.tile').first().waitFor()
  const tilesMs = await page.evaluate<number>('performance.now()')
  const paintMs = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime")
  return { paintMs, tilesMs }
}

/** Milliseconds from the change in the server to the changed document; both on this machine's clock. */
async function eventSeen(page: Page, server: Thousand, at: number, epoch: number): Promise<number> {
  const seen = page.evaluate<number>(`new Promise((resolve) => {
    const look = () => { for (const tile of document.querySelectorAll('.tile')) if (tile.textContent.includes('${nameOf(at)}') && tile.textContent.includes('e${epoch}')) { resolve(Date.now()); return true } }
    const observer = new MutationObserver(() => { if (look()) observer.disconnect() })
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
  })`)
  await pass(100)
  const from = Date.now()
  server.turn(at, 'down', epoch)
  return (await seen) - from
}

/** Megabytes that are really held: after everything unreachable was collected. */
async function heldMb(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return round(usedSize / 1_048_576)
}

async function memory(server: Thousand, session: CDPSession): Promise<number[]> {
  const held = [await heldMb(session)]
  for (let second = 1; second <= minutes * 60; second++) {
    for (let each = 0; each < changesPerSecond; each++) server.turn((second * changesPerSecond + each) % groups, 'healthy', second)
    await pass(1000)
    if (second % 60 === 0) held.push(await heldMb(session))
  }
  return held
}

async function measure() {
  const [server, browser] = await Promise.all([startThousand(groups), startBrowser()])
  const paints: number[] = []
  const tiles: number[] = []
  for (let run = 0; run < runs; run++) {
    const { page, context } = await look(browser, server.url)
    const { paintMs, tilesMs } = await firstVisit(page)
    paints.push(paintMs)
    tiles.push(tilesMs)
    await context.close()
  }
  const { page, context } = await look(browser, server.url)
  await firstVisit(page)
  const events: number[] = []
  for (let run = 0; run < runs; run++) events.push(await eventSeen(page, server, run, 100 + run))
  const heap = await memory(server, await context.newCDPSession(page))
  await browser.close()
  await server.close()
  return {
    machine: machine(),
    groups,
    weight: weight(),
    paintMs: figures(paints),
    tilesMs: figures(tiles),
    eventMs: figures(events),
    heapMb: heap,
  }
}

if (values.help) console.log(`usage: ${usage}`)
else
  main({ limitMs: (minutes + 5) * 60_000 }, async () => {
    const result = await measure()
    if (values.json === true) console.log(JSON.stringify(result, null, 1))
    else {
      const kib = (bytes: number): string => `${round(bytes / 1024)} KiB`
      console.log(
        table(
          ['what', `min / median / max of ${runs}`],
          [
            ['first picture, ms', figuresText(result.paintMs)],
            [`${groups} groups on the screen, ms`, figuresText(result.tilesMs)],
            ['an event is seen, ms', figuresText(result.eventMs)],
            [`the tab's heap after each minute, MB`, result.heapMb.join(', ')],
            [
              'weight with gzip: first visit, everything, letters',
              [result.weight.first, result.weight.all, result.weight.fonts].map(kib).join(', '),
            ],
          ],
        ),
      )
      console.log(machineLine(result.machine))
    }
    return 0
  })
