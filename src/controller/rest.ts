// What a group at rest need not decide about.
import { type Decided, atRest } from '../core/decide.ts'
import { restMs } from '../core/limits.ts'
import type { Instant } from '../core/model.ts'
import { onlyMoved, onlyWroteOn } from '../core/news.ts'
import type { NodeView } from '../core/observe.ts'
import type { Situation } from '../core/situation.ts'
import type { Input } from '../ports.ts'

export class Rest {
  #isRestful = false
  #decidedAt: Instant = -Infinity

  /** This was decided last. */
  decided(decided: Decided, now: Instant): void {
    this.#isRestful = atRest(decided)
    this.#decidedAt = now
  }

  /** It decided that nothing is wrong, changing or refused. */
  get isRestful(): boolean {
    return this.#isRestful
  }

  /**
   * Time alone decides nothing, nor do a mark that was written and a node that only moved on. What comes by time alone is looked at with an
   * answer of the primary: the first one after `restMs`, and each while something waits for its time.
   * `s` and `was`: the group, and the node that the input is about, before it was taken in; `is`: the node after.
   */
  isNothingNew(input: Input, s: Situation, was: NodeView | undefined, is: NodeView | undefined): boolean {
    const { canary } = s.memory
    if (input.kind === 'probed') return onlyMoved(s.record, was, is) || (this.#mayRest(s) && onlyWroteOn(s, was, is))
    if (input.kind === 'acted') return input.result.ok && input.id === canary.inFlight?.id && canary.problem === null
    return input.kind === 'tick'
  }

  #mayRest({ spec, policy, memory, now }: Situation): boolean {
    const waits =
      memory.unsaved !== null || spec.pause !== null || spec.scheduled !== undefined || spec.roll !== undefined || policy.failback !== 'off'
    return !waits && now - this.#decidedAt < restMs && spec.nodes.every((node) => node.maintenanceUntil === null)
  }
}
