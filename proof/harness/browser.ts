// A real Chromium that looks at the page of a real server, and everything it complains about.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from 'playwright-core'
import { CannotRun } from './cleanup.ts'

const binaries = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** A busy machine of two cores draws a screen in this time; a page that needs longer is broken. */
export const sightMs = 60_000

export interface Look {
  readonly page: Page
  readonly context: BrowserContext
  /** What no page of ours may do: errors, refused content, requests to elsewhere. Empty when all is well. */
  readonly complaints: readonly string[]
}

/** Playwright gives it a profile of its own and removes it. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = binaries.find((path) => existsSync(path))
  if (executablePath === undefined) throw new CannotRun('needs Chromium: on Debian `sudo apt-get install chromium`')
  return await chromium.launch({ executablePath, args: flags, chromiumSandbox: false })
}

export interface LookOptions extends BrowserContextOptions {
  /** Errors that belong to the case, such as a server that is down. */
  readonly expected?: RegExp
}

/** A visitor of his own: no cookie and no choice of another one. */
export async function look(browser: Browser, url: string, options: LookOptions = {}): Promise<Look> {
  const { expected, ...rest } = options
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB', colorScheme: 'light', ...rest })
  context.setDefaultTimeout(sightMs)
  const complaints: string[] = []
  const complain = (text: string): void => {
    if (expected === undefined || !expected.test(text)) complaints.push(text)
  }
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complain(`asked ${request.url()}`)
  })
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complain(`${message.type()}: ${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => complain(`threw: ${error.error().stack ?? error.error().message}`))
  return { page: await context.newPage(), context, complaints }
}
