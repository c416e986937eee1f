// A server and a browser for the tests of one `describe`.
import { type TestContext, after, before } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Look, type LookOptions, look, startBrowser } from '../harness/browser.ts'
import { Controller } from '../harness/controller.ts'

export interface Site {
  readonly browser: Browser
  readonly controller: Controller
  /** A visitor for as long as this test runs, who is at this path. */
  visit(t: TestContext, path: string, options?: LookOptions): Promise<Look>
}

/** Both run from before the first test until after the last; what is asked of it sooner is not there yet. `prepare`: what the server is given first. */
export function site(prepare: (controller: Controller) => Promise<unknown> = () => Promise.resolve()): Site {
  let browser: Browser
  let controller: Controller
  before(async () => {
    ;[browser, controller] = await Promise.all([startBrowser(), Controller.start()])
    await prepare(controller)
  })
  after(async () => {
    await browser.close()
    await controller.remove()
  })
  return {
    get browser() {
      return browser
    },
    get controller() {
      return controller
    },
    async visit(t, path, options = {}) {
      const visitor = await look(browser, controller.url, options)
      t.after(() => visitor.context.close())
      await visitor.page.goto(path)
      return visitor
    },
  }
}
