// What a group has said of its decisions and refusals: each once, when its rule or its reason changes.
import type { Epoch, Evidence, GroupId, Instant, WallTime } from '../core/model.ts'
import { endedPassage } from '../core/passage.ts'
import type { Step } from '../core/rule.ts'
import { type Said, inEnglish, say, worded } from '../core/said.ts'
import type { Passage, Verdict } from '../core/status.ts'
import type { NewLogEntry } from '../ports.ts'

/** A wait shorter than this is part of the work and no news. */
const briefMs = 1000

/** A sentence and the facts behind it. */
export interface Told {
  readonly said: Said
  readonly evidence: Evidence
}

interface Reason {
  readonly rule: string
  /** Why, when something is refused; a refusal for another reason is news. */
  readonly refusal: string | null
}

interface Noted extends Reason {
  readonly since: Instant
  /** What was stored last, until all was well: a short wait in between makes it no news. */
  readonly stored: Reason | null
}

function isSame(a: Reason, b: Reason): boolean {
  return a.rule === b.rule && a.refusal === b.refusal
}

export class Notebook {
  readonly #group: GroupId
  readonly #said = new Map<string, Noted>()
  /** The decision or refusal in force for the group. */
  last: Omit<Verdict, 'sentence'>

  constructor(group: GroupId, wall: WallTime) {
    this.#group = group
    this.last = { rule: 'start', kind: 'hold', said: say('status.reads'), evidence: {}, at: wall }
  }

  /** What to store of a step about the group or a node; null when it is nothing new. `kind` event: an action, stored each time. */
  say(about: string, rule: string, step: Step, epoch: Epoch, now: Instant, wall: WallTime): NewLogEntry | null {
    const acts = step.kind === 'act'
    const refusal = step.kind === 'hold' ? inEnglish(step.said) : null
    const said = this.#said.get(about)
    const reason = { rule, refusal }
    const same = said !== undefined && isSame(said, reason) && !acts
    const since = same ? said.since : now
    if (about === 'group') {
      this.last = {
        rule,
        kind: step.kind === 'hold' || step.kind === 'wait' ? 'hold' : 'decision',
        said: step.said,
        evidence: step.evidence,
        at: same ? this.last.at : wall,
      }
    }
    const before = said?.stored ?? null
    const known = !acts && before !== null && isSame(before, reason)
    const quiet = step.kind === 'rest' || (step.kind === 'wait' && now - since < briefMs) || known
    const stored = step.kind === 'rest' ? null : quiet ? before : reason
    if (!same || stored !== before) this.#said.set(about, { ...reason, since, stored })
    return quiet ? null : this.#entry(acts ? 'event' : 'hold', rule, step, epoch, wall)
  }

  /** What to store of a decision that is being saved. */
  decided(rule: string, { said, evidence }: Told, epoch: Epoch, wall: WallTime): NewLogEntry {
    this.last = { rule, kind: 'decision', said, evidence, at: wall }
    return this.#entry('decision', rule, this.last, epoch, wall)
  }

  /** What to store of a change of primary that ended. */
  ended(passage: Passage, wall: WallTime): NewLogEntry {
    return this.#entry('event', 'passage.ended', endedPassage(passage), passage.epoch, wall)
  }

  #entry(kind: NewLogEntry['kind'], rule: string, step: Told, epoch: Epoch, wall: WallTime): NewLogEntry {
    const { said, evidence } = step
    return { at: wall, group: this.#group, epoch, kind, rule, ...worded(said), evidence }
  }
}
