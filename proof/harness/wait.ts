// Every wait of the proofs: polling with a deadline, or an event with a deadline. Never a fixed sleep.
import { setTimeout as later } from 'node:timers/promises'

/** What was waited for did not come; `seen` is what was there instead. */
export class Late extends Error {
  readonly what: string
  readonly seen: string

  constructor(what: string, limitMs: number, seen: string) {
    super(`not within ${limitMs} ms: ${what}${seen === '' ? '' : `; instead: ${seen}`}`)
    this.name = 'Late'
    this.what = what
    this.seen = seen
  }
}

/** What a look found: the thing itself, or a sentence that says what is there instead. */
export type Look<T> = { readonly found: T } | { readonly instead: string }

export function found<T>(value: T): Look<T> {
  return { found: value }
}

export function instead(sentence: string): Look<never> {
  return { instead: sentence }
}

/** Looks every `everyMs` until it is found; throws `Late` with the last look after `limitMs`. */
export async function until<T>(what: string, limitMs: number, look: () => Look<T> | Promise<Look<T>>, everyMs = 5): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const seen = await look()
    if ('found' in seen) return seen.found
    if (performance.now() >= deadline) throw new Late(what, limitMs, seen.instead)
    await later(everyMs)
  }
}

/** Watches for `forMs` that something stays true; throws with the first sentence that says otherwise. */
export async function staysTrue(
  what: string,
  forMs: number,
  look: () => Look<unknown> | Promise<Look<unknown>>,
  everyMs = 50,
): Promise<void> {
  const end = performance.now() + forMs
  while (performance.now() < end) {
    const seen = await look()
    if ('instead' in seen) throw new Error(`${what}: ${seen.instead}`)
    await later(everyMs)
  }
}

/** Lets time pass that is itself the subject: a supervisor's restart delay, a load phase, the pause between two stops. */
export async function pass(ms: number): Promise<void> {
  if (ms > 0) await later(ms)
}
