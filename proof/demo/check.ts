// The two stories of real deployments, played on real servers: the lost primary and the stuck group.
import type { Verdict } from '../../src/core/status.ts'
import { acknowledgedBy, converged, facts, judge, oneFamily } from '../harness/check.ts'
import { roleOf } from '../harness/client.ts'
import { Controller } from '../harness/controller.ts'
import { type Violation, emit, round, table } from '../harness/report.ts'
import { type Group, type Node, heldBy } from '../harness/servers.ts'
import { type Look, found, instead, pass, until } from '../harness/wait.ts'
import { NotTaken, dismiss, startWatched } from '../harness/watched.ts'
import { type Ack, Writer, clinging, following } from '../harness/writers.ts'

export interface CheckOptions {
  readonly json: boolean
  /** How long the stuck group stays down. */
  readonly downForMs: number
}

interface Step {
  readonly story: string
  readonly step: string
  readonly ms: number | null
  readonly note: string
}

/** Generous: what is shown is the time it took, what fails is that it never comes. */
const limitMs = 15_000
const perSecond = 1_000
/** What fits beside the other columns on a terminal of 140. */
const noteWidth = 44

/** What one story saw; a failed promise ends the story, the next one goes on. */
class Story {
  readonly name: string
  readonly steps: Step[] = []
  readonly violations: Violation[] = []

  constructor(name: string) {
    this.name = name
  }

  /** Times what is awaited; `since`: from an earlier moment on. */
  async step<T>(step: string, wait: () => Promise<T>, note: (value: T) => string = () => '', since = performance.now()): Promise<T> {
    const value = await wait()
    this.note(step, performance.now() - since, note(value))
    return value
  }

  note(step: string, ms: number | null, note: string): void {
    this.steps.push({ story: this.name, step, ms: ms === null ? null : round(ms), note })
  }

  /** A promise: kept, or a violation with the facts. */
  async promise(what: string, kept: boolean, note: string, group: Group, controller: Controller): Promise<void> {
    this.note(what, null, `${kept ? 'yes' : 'NO'}${note === '' ? '' : `: ${note}`}`)
    if (!kept) this.violations.push({ where: this.name, what: `${what}: no; ${note}`, facts: await facts(group, controller) })
  }
}

export async function checkDemo(options: CheckOptions): Promise<number> {
  const controller = await Controller.start()
  const stories: Story[] = []
  const play = async (name: string, nodes: number, plot: Plot): Promise<void> => {
    const story = new Story(name)
    stories.push(story)
    const id = `story${stories.length}`
    let group: Group | null = null
    try {
      group = await story.step('real servers watched, in sync', () => startWatched(controller, id, nodes, { persistence: 'aof', delay: 5 }))
      await plot(story, group, controller, options)
    } catch (error) {
      const seen = error instanceof NotTaken ? error.facts : group === null ? null : await facts(group, controller)
      story.violations.push({ where: name, what: error instanceof Error ? error.message : String(error), facts: seen })
    }
    if (group !== null) await dismiss(controller, group)
  }
  await play('lost primary', 3, lostPrimary)
  await play('stuck group, primary starts first', 2, stuckPrimaryFirst)
  await play('stuck group, replica starts first', 2, stuckReplicaFirst)
  await controller.remove()
  const steps = stories.flatMap((story) => story.steps)
  // A sentence of regroup's is wider than a terminal: it stands below the table, numbered.
  const long = steps.filter((step) => step.note.length > noteWidth)
  const noteOf = (step: Step): string => (long.includes(step) ? `see [${long.indexOf(step) + 1}]` : step.note)
  const rows = steps.map((step, at) => [steps[at - 1]?.story === step.story ? '' : step.story, step.step, step.ms ?? '', noteOf(step)])
  const below = long.map((step, at) => `[${at + 1}] ${step.note}`)
  return emit(
    {
      name: 'demo',
      seed: null,
      sections: [{ title: 'What happened', text: [table(['story', 'step', 'ms', ''], rows), ...below].join('\n'), data: steps }],
      violations: stories.flatMap((story) => story.violations),
    },
    options.json,
  )
}

type Plot = (story: Story, group: Group, controller: Controller, options: CheckOptions) => Promise<void>

/** The primary dies under load, a replica is promoted, the old primary returns. */
async function lostPrimary(story: Story, group: Group, controller: Controller): Promise<void> {
  const old = group.node('n1')
  const follows = new Writer('follows', following(controller.api, group.id), { perSecond }).start()
  const clings = new Writer('clings', clinging(old.target), { perSecond }).start()
  await acknowledged(follows, 0, 300)
  await acknowledged(clings, 0, 300)
  const diedAt = performance.now()
  void old.server.kill9()
  const next = await story.step(
    'primary killed (kill -9) under load -> another is primary',
    () =>
      until('another primary', limitMs, async () => {
        const status = await controller.api.group(group.id)
        return status !== null && status.primary !== 'n1' && status.writable
          ? found(status.primary ?? '')
          : instead(status?.sentence ?? 'no answer')
      }),
    (id) => `${id} promoted`,
    diedAt,
  )
  const first = await story.step(
    '... -> first write acknowledged by it',
    () => acknowledged(follows, diedAt, 1),
    (ack) => `by ${ack.node}`,
    diedAt,
  )
  await acknowledged(follows, first.at, 300)
  story.note('longest time without an acknowledgement', follows.longestGap(diedAt - 100), 'seen by the client that follows regroup')
  const back = await story.step('old primary started again, port open', async () => {
    await old.server.start()
    return performance.now()
  })
  const { host, port } = group.node(next).address
  const replica = (up: boolean): Promise<boolean> =>
    until(
      'the old primary is a replica',
      limitMs,
      async () => {
        const role = await roleOf(old.address)
        return role.role === 'replica' && role.of === `${host}:${port}` && (role.linkUp || !up)
          ? found(true)
          : instead(JSON.stringify(role))
      },
      1,
    )
  await story.step(
    '... -> it is a replica of the new primary',
    () => replica(false),
    () => '',
    back,
  )
  await story.step(
    '... -> its link is up',
    () => replica(true),
    () => '',
    back,
  )
  await story.step(
    '... -> in sync, group healthy',
    () => until('healthy', limitMs, () => converged(group, controller.api)),
    () => '',
    back,
  )
  await Promise.all([follows.stop(), clings.stop()])
  const stale = acknowledgedBy([clings, follows], 'n1', diedAt + 5)
  const tried = clings.refusals.filter((one) => one.at > back).length
  await story.promise(
    'no write accepted by the old primary after its death',
    stale.length === 0,
    `${stale.length} accepted, the clinging writer tried ${tried} times after its return`,
    group,
    controller,
  )
  await kept(story, group, controller, next, [follows, clings], diedAt)
}

/** The replica stops, then the primary; the primary starts first. It must not be stuck. */
async function stuckPrimaryFirst(story: Story, group: Group, controller: Controller, options: CheckOptions): Promise<void> {
  const writer = new Writer('follows', following(controller.api, group.id), { perSecond }).start()
  await stopAll(story, group, writer, options.downForMs)
  const start = await started(story, group.node('n1'), 'primary')
  await story.step(
    '... -> it takes writes again',
    () => acknowledged(writer, start, 1),
    (ack) => `by ${ack.node}`,
    start,
  )
  const second = await started(story, group.node('n2'), 'replica')
  await story.step(
    '... -> it follows, in sync, group healthy',
    () => until('healthy', limitMs, () => converged(group, controller.api)),
    () => '',
    second,
  )
  await writer.stop()
  await kept(story, group, controller, 'n1', [writer], null)
}

/** The same, but the replica, which lacks the last writes, starts first. It must wait for the primary and say so. */
async function stuckReplicaFirst(story: Story, group: Group, controller: Controller, options: CheckOptions): Promise<void> {
  const writer = new Writer('follows', following(controller.api, group.id), { perSecond }).start()
  await stopAll(story, group, writer, options.downForMs)
  const start = await started(story, group.node('n2'), 'replica')
  const hold = await story.step(
    '... -> regroup holds and says why',
    () => until('a hold', limitMs, () => holds(group, controller)),
    (entry) => `${entry.rule}: ${entry.sentence}`,
    start,
  )
  // As long as the primary was away: a promotion that only comes late would be seen.
  await until(
    'the stale replica stays a replica',
    options.downForMs + 1_000,
    () => (performance.now() - start > options.downForMs ? found(true) : instead('')),
    50,
  )
  const family = await oneFamily(group)
  const promoted = !('instead' in family) || family.instead.includes('n2=primary') || writer.between(start).length > 0
  await story.promise(
    'the stale replica was not promoted meanwhile',
    !promoted,
    `${Math.round(performance.now() - start)} ms; nodes: ${JSON.stringify(family)}`,
    group,
    controller,
  )
  await story.promise('the hold names the node it waits for', /\bn1\b/.test(hold.sentence), hold.sentence, group, controller)
  const second = await started(story, group.node('n1'), 'primary')
  await story.step(
    '... -> it takes writes again',
    () => acknowledged(writer, second, 1),
    (ack) => `by ${ack.node}`,
    second,
  )
  await story.step(
    '... -> all follow, in sync, group healthy',
    () => until('healthy', limitMs, () => converged(group, controller.api)),
    () => '',
    second,
  )
  await writer.stop()
  await kept(story, group, controller, 'n1', [writer], null)
}

async function holds(group: Group, controller: Controller): Promise<Look<Verdict>> {
  const status = await controller.api.group(group.id)
  if (status === null) return instead('no answer')
  const replicaSeen = status.nodes.some((node) => node.id === 'n2' && node.health === 'up')
  // What only waits for an answer is shown as a hold too: an election's refusal is meant.
  return replicaSeen && status.verdict.kind === 'hold' && status.verdict.rule.includes('/elect.')
    ? found(status.verdict)
    : instead(`${status.verdict.rule}: ${status.verdict.sentence}`)
}

async function stopAll(story: Story, group: Group, writer: Writer, downForMs: number): Promise<void> {
  const [a, b] = [group.node('n1'), group.node('n2')]
  await acknowledged(writer, 0, 200)
  await story.step('replica stopped', () => b.server.stop('SIGTERM'))
  const alone = performance.now()
  await story.step(
    '... -> writes go on without it',
    () => acknowledged(writer, alone, 200),
    () => '200 more acknowledged',
  )
  await story.step('primary stopped', () => a.server.stop('SIGTERM'))
  await pass(downForMs)
  story.note('both stay down', downForMs, '')
}

async function started(story: Story, node: Node, what: string): Promise<number> {
  await story.step(`${what} started`, () => node.server.start())
  return performance.now()
}

/** Gives the first of them. */
function acknowledged(writer: Writer, since: number, count: number): Promise<Ack> {
  return until(
    `${count} acknowledged writes`,
    limitMs,
    () => {
      const acks = writer.between(since)
      const first = acks[0]
      return first !== undefined && acks.length >= count
        ? found(first)
        : instead(`${acks.length}, last refusal ${JSON.stringify(writer.refusals.at(-1) ?? null)}`)
    },
    1,
  )
}

/** Every acknowledged write is on the primary. `crashAt`: what it took in its last moments may be lost with it: replication is asynchronous. */
async function kept(
  story: Story,
  group: Group,
  controller: Controller,
  primary: string,
  writers: readonly Writer[],
  crashAt: number | null,
): Promise<void> {
  const held = await heldBy(
    group.node(primary).address,
    writers.map((writer) => writer.key),
  )
  const lost = writers.flatMap((writer) => judge(writer.acks, held.get(writer.key) ?? []).lost)
  const unexplained = lost.filter((ack) => crashAt === null || ack.at > crashAt + 5 || ack.at < crashAt - 100)
  const acked = writers.reduce((sum, writer) => sum + writer.acks.length, 0)
  await story.promise(
    'every acknowledged write kept',
    unexplained.length === 0,
    `${acked - lost.length} of ${acked}${lost.length > unexplained.length ? `; ${lost.length - unexplained.length} died with the primary before any replica had them` : ''}`,
    group,
    controller,
  )
}
