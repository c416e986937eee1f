// Everything the API gives, and the small bodies it takes. One source for validation, for OpenAPI and for the client's types.
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { severities } from '../core/doctor/finding.ts'
import type { Said as SaidValue } from '../core/said.ts'
import { passageSteps, recoverySteps } from '../core/status.ts'
import { GroupInput, PolicyRuleInput, why } from './specSchemas.ts'

export const nullable = <T extends Type.TSchema>(type: T, description?: string) =>
  Type.Union([type, Type.Null()], description === undefined ? {} : { description })
const wall = (description = 'Milliseconds since 1970.') => Type.Integer({ description })
const bytes = Type.Integer({ description: 'Bytes.' })
export const text = Type.String()
const ms = Type.Number({ description: 'Milliseconds.' })

const Evidence = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
  description: 'Facts behind a sentence.',
})

/** Recursive: a value may be a sentence itself. */
export const Said = Type.Unsafe<SaidValue>(
  Type.Object(
    {
      code: Type.String({ description: 'Which sentence; stays when its words change.' }),
      values: Type.Record(Type.String(), Type.Unknown(), {
        description: 'What is put in: texts, numbers, lists of them, or sentences again, each as a code and values.',
      }),
    },
    { description: 'The sentence beside it in no language: the English one is rendered from these, and a page renders any other.' },
  ),
)
export const worded = { sentence: text, said: Said }

const phase = Type.Enum(['new', 'restored', 'steady', 'failover', 'switchover'])
const role = Type.Enum(['primary', 'replica', 'fenced', 'foreign primary', 'unknown'])
const health = Type.Enum(['up', 'answering', 'silent', 'refused', 'unheard'])
const address = { host: text, port: Type.Integer() }

export const Moment = Type.Object(
  {
    phase,
    primary: nullable(text),
    candidate: nullable(text),
    inSync: Type.Array(text),
    guard: Type.Integer(),
    writable: Type.Boolean(),
    nodes: Type.Record(Type.String(), Type.Object({ role, health, linkUp: nullable(Type.Boolean()) })),
  },
  { description: 'How the group stood when this was written: the record from then on, and what was seen of the nodes.' },
)

export const LogEntry = Type.Object({
  seq: Type.Integer({ description: 'Rises by one per group.' }),
  at: wall(),
  group: text,
  epoch: Type.Integer(),
  kind: Type.Enum(['decision', 'hold', 'event']),
  rule: text,
  sentence: text,
  said: Type.Optional(Said),
  evidence: Evidence,
  moment: Type.Optional(Moment),
})

export const Pause = Type.Object({ until: wall(), by: text, why: text })

const Verdict = Type.Object({ rule: text, kind: Type.Enum(['decision', 'hold']), ...worded, evidence: Evidence, at: wall() })

const NodeStatus = Type.Object({
  id: text,
  address: Type.Object(address),
  site: nullable(text),
  role,
  health,
  problem: nullable(text),
  problemSaid: nullable(Said),
  inSync: Type.Boolean(),
  linkUp: nullable(Type.Boolean()),
  lagBytes: nullable(bytes),
  follows: nullable(Type.Object({ node: nullable(text), ...address, linkUp: Type.Boolean(), syncing: Type.Boolean() })),
  attached: Type.Array(Type.Object({ node: nullable(text), ...address, online: Type.Boolean(), acked: Type.Integer() })),
  keys: nullable(Type.Integer()),
  incarnation: nullable(text),
  offset: nullable(Type.Integer()),
  version: nullable(text),
  maintenance: nullable(Pause),
  lastReplyAgoMs: nullable(ms),
  opsPerSec: nullable(Type.Number()),
  usedMemoryBytes: nullable(bytes),
  probeMs: nullable(Type.Number({ description: 'Milliseconds its latest reading took; null when its latest probe gave none.' })),
})

const RecoveryStep = Type.Object({
  name: Type.Enum([...recoverySteps]),
  state: Type.Enum(['done', 'now', 'waiting', 'failed', 'skipped']),
  afterMs: nullable(ms),
  note: nullable(text),
  noteSaid: nullable(Said),
})

const Recovery = Type.Object({ node: text, startedAt: wall(), endedAt: nullable(wall()), steps: Type.Array(RecoveryStep) })

const Passage = Type.Object({
  kind: Type.Enum(['failover', 'switchover']),
  epoch: Type.Integer({ description: 'The epoch that it leads to.' }),
  from: text,
  to: nullable(text, 'Null: nobody was elected yet.'),
  startedAt: wall(),
  endedAt: nullable(wall(), 'When clients knew the new primary and every node that answers followed it, or when it was given up.'),
  steps: Type.Array(
    Type.Object({
      name: Type.Enum([...new Set([...passageSteps.failover, ...passageSteps.switchover])]),
      state: Type.Enum(['done', 'now', 'waiting', 'skipped']),
      afterMs: nullable(ms, 'After the first step; null when not reached.'),
    }),
  ),
})

const checkup = {
  at: Type.Union([wall(), Type.Null()], { description: 'When the doctor last looked; null: not yet.' }),
  nextAt: nullable(wall()),
  findings: Type.Array(
    Type.Object({
      id: text,
      severity: Type.Enum([...severities]),
      node: nullable(text),
      ...worded,
      wayOut: text,
      wayOutSaid: Said,
      commands: Type.Array(text, { description: 'To be pasted into a shell.' }),
    }),
    { description: 'The most serious first.' },
  ),
  unexamined: Type.Array(Type.Object({ node: text, why: text, whySaid: Said })),
}

export const DoctorReport = Type.Object({
  everyMs: ms,
  ignored: Type.Array(text, { description: 'Checks whose findings are not told, by the settings.' }),
  groups: Type.Array(Type.Object({ group: text, ...checkup })),
})

const Scheduled = Type.Object({ at: wall(), to: nullable(text, 'Null: the best one then.'), by: text, why: text })

const Failback = Type.Object({
  node: text,
  at: nullable(wall(), 'When it has been in sync long enough; null when it is not in sync.'),
  window: nullable(text),
})

export const Roll = {
  since: wall(),
  by: text,
  why: text,
  turn: nullable(
    Type.Object({ node: text, epoch: Type.Integer(), until: wall() }),
    'Who may be restarted now, and until when it is spared an alarm.',
  ),
  restarted: Type.Array(text),
  left: Type.Array(text),
}

export const GroupStatus = Type.Object({
  group: text,
  engine: Type.Enum(['redis', 'valkey', 'pika']),
  state: Type.Enum(['healthy', 'degraded', 'down', 'unknown']),
  diagnosis: text,
  ...worded,
  evidence: Evidence,
  epoch: Type.Integer(),
  phase,
  primary: nullable(text),
  candidate: nullable(text),
  writable: Type.Boolean(),
  guard: Type.Object({ recorded: Type.Integer(), set: nullable(Type.Integer()) }),
  inSync: Type.Array(text),
  record: nullable(
    Type.Object({
      at: wall(),
      writer: text,
      incarnation: text,
      hasData: Type.Boolean(),
      fenced: Type.Boolean(),
      cause: nullable(text),
      loss: nullable(text),
      lossSaid: nullable(Said),
      failovers: Type.Array(wall()),
    }),
  ),
  pause: nullable(Pause),
  scheduled: nullable(Scheduled, 'A switchover that is to be made at an instant to come.'),
  failback: nullable(Failback, 'The preferred node that is not primary now, and is to be it again.'),
  roll: nullable(Type.Object(Roll), 'A rolling restart that was begun and not ended.'),
  verdict: Verdict,
  nodes: Type.Array(NodeStatus),
  recoveries: Type.Array(Recovery),
  passage: Type.Object(
    { running: nullable(Passage), last: nullable(Passage) },
    { description: 'The change of primary under way, and the last one that ended, while this process watched.' },
  ),
  warnings: Type.Array(text),
  warningsSaid: Type.Array(Said, { description: 'The warnings, each as a code and its values, in the same order.' }),
  specRevision: Type.Integer(),
  doctor: Type.Object(checkup),
})

export const Groups = Type.Object({ groups: Type.Array(GroupStatus) })
export const Explanation = Type.Object({ status: GroupStatus, recent: Type.Array(LogEntry) })
export const Past = Type.Object({
  entry: LogEntry,
  moment: nullable(Moment),
  exact: Type.Boolean({
    description: 'false: the moment is that of an earlier entry, since this one was written by a version that kept none.',
  }),
  previous: nullable(Type.Integer({ description: 'The seq of the entry before.' })),
  next: nullable(Type.Integer({ description: 'The seq of the entry after; null for the newest.' })),
})

export const AtQuery = Type.Object(
  { seq: Type.Integer({ minimum: 1, description: 'a whole number from 1: the seq of an entry' }) },
  { additionalProperties: false },
)

export const History = Type.Object({
  entries: Type.Array(LogEntry, { description: 'Newest first.' }),
  next: nullable(Type.Integer({ description: 'The value of `before` that gives the entries after these.' })),
})

/** `groups` has the form that POST takes, so that what was read can be changed and sent back. */
export const Spec = Type.Object({
  revision: Type.Integer(),
  at: wall(),
  by: text,
  why: text,
  groups: Type.Array(GroupInput),
  policies: Type.Array(PolicyRuleInput, { description: 'Under the policies of the groups whose names match; a later one wins.' }),
  pauses: Type.Record(Type.String(), Pause, { description: 'The operators’ pauses by group.' }),
})

export const Changes = Type.Array(
  Type.Object({
    group: nullable(text),
    change: Type.Enum(['add', 'remove', 'change']),
    what: Type.Array(text),
    whatSaid: Type.Optional(Type.Array(Said, { description: 'Not in revisions that an earlier version wrote.' })),
  }),
  {
    description: 'One sentence per difference. The group is null for the policies of many groups.',
  },
)

export const Applied = Type.Object({
  revision: Type.Integer({ description: 'The revision that holds the change; the current one when nothing changed or on a dry run.' }),
  dryRun: Type.Boolean(),
  changes: Changes,
})

export const EffectivePolicy = Type.Object({
  group: text,
  policy: Type.Record(Type.String(), Type.Object({ value: Type.Union([Type.Number(), Type.String(), Type.Boolean()]), from: text }), {
    description: 'Every key with its value in force and where that comes from: built in, regroup.yaml, policies "PATTERN", group.',
  }),
})

export const Accepted = Type.Object({
  ok: Type.Literal(true),
  epoch: Type.Integer(),
  candidate: text,
  ...worded,
  steps: Type.Array(text, { description: 'What happens, in order.' }),
  stepsSaid: Type.Array(Said),
  loss: nullable(Type.String({ description: 'What is lost or risked by it.' })),
  lossSaid: nullable(Said),
})
export const Paused = Type.Object({ revision: Type.Integer(), pause: nullable(Pause) })
export const ScheduledAnswer = Type.Object({ revision: Type.Integer(), scheduled: nullable(Scheduled) })
export const Health = Type.Object({ ok: Type.Literal(true), installation: text })
export const Readiness = Type.Object({ ready: Type.Boolean(), groups: Type.Integer(), unheard: Type.Integer() })

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:regroup:error:CODE' }),
    title: text,
    status: Type.Integer(),
    code: text,
    detail: text,
    said: nullable(Said),
    details: Type.Array(text, { description: 'Each problem with its place when there is more than one.' }),
    detailsSaid: Type.Array(nullable(Said)),
  },
  { description: 'application/problem+json, RFC 9457' },
)

// ------------------------------------------------------------------------------------- what is taken

const closed = { additionalProperties: false }
export const to = Type.String({ minLength: 1, maxLength: 63, description: 'the name of a node of the group; the best one when not given' })
export const dryRun = Type.Boolean({ description: 'true or false; true: only say what would be done' })

export const SwitchoverBody = Type.Object({ to: Type.Optional(to), dryRun: Type.Optional(dryRun) }, { ...closed, description: 'a mapping' })

export const FailoverBody = Type.Object(
  {
    to: Type.Optional(to),
    acceptLoss: Type.Literal(true, {
      description: 'true: a forced failover can lose writes that the new primary had not received; to move without loss use switchover',
    }),
    dryRun: Type.Optional(dryRun),
  },
  { ...closed, description: 'a mapping with acceptLoss' },
)

export const defaultPauseMs = 30 * 60_000
/** A group that is forgotten in a pause is a group without failover. */
export const maxPauseMs = 7 * 86_400_000

export const PauseBody = Type.Object(
  {
    forMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: maxPauseMs,
        description: `1000 to ${maxPauseMs} ms (7 days); ${defaultPauseMs} when not given`,
      }),
    ),
    why: Type.Optional(why),
  },
  { ...closed, description: 'a mapping' },
)

export const ResumeBody = Type.Object({ why: Type.Optional(why) }, { ...closed, description: 'a mapping' })

export const ExamineBody = Type.Object(
  { group: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'the name of a group; all when not given' })) },
  { ...closed, description: 'a mapping' },
)

export const GroupParams = Type.Object({ group: Type.String({ minLength: 1, maxLength: 63 }) })

export const HistoryQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '1 to 500; 50 when not given' })),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'a whole number from 1: only entries with a smaller seq' })),
  },
  closed,
)

const points = Type.Array(nullable(Type.Number()), { description: 'Oldest first; null where nothing was known.' })
const NodeSeries = Type.Object({ lagBytes: points, opsPerSec: points, usedMemoryBytes: points, probeMs: points })

export const Series = Type.Object({
  span: Type.Enum(['hour', 'day']),
  endsAt: wall('Of the last point, milliseconds since 1970; those before are everyMs apart.'),
  everyMs: ms,
  nodes: Type.Record(Type.String(), NodeSeries),
})

export const SeriesQuery = Type.Object(
  { span: Type.Optional(Type.Enum(['hour', 'day'], { description: 'hour (360 points; when not given) or day (288)' })) },
  closed,
)

export const EventsQuery = Type.Object(
  { state: Type.Optional(Type.Boolean({ description: 'true or false; true: begin with the whole state' })) },
  closed,
)

export const EmptyQuery = Type.Object({}, closed)

export type Explanation = Static<typeof Explanation>
export type History = Static<typeof History>
export type Spec = Static<typeof Spec>
export type Problem = Static<typeof Problem>
export type Readiness = Static<typeof Readiness>
export type Paused = Static<typeof Paused>
export type ScheduledAnswer = Static<typeof ScheduledAnswer>
export type EffectivePolicy = Static<typeof EffectivePolicy>
