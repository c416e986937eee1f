// What is kept on disk and in memory, and whether the nodes of a group agree about it.
import { say } from '../said.ts'
import type { Check, Seen } from './check.ts'
import { seen } from './check.ts'
import { type Examination, type Patient, examined, numberOf, sizeText, tell } from './examination.ts'
import type { Facts } from './inspection.ts'

/** Clocks that agree to this are good enough for keys that expire; an answer from afar takes a part of it. */
const clockSkewMs = 2000

type Examined = Patient & { readonly facts: Facts }

function persists(facts: Facts): boolean {
  return facts.settings.get('appendonly') === 'yes' || (facts.settings.get('save') ?? '?') !== ''
}

const noPersistence: Check = {
  id: 'persistence.none',
  severity: 'warning',
  look: (e) =>
    e.record?.hasData !== true
      ? []
      : examined(e)
          .filter(({ facts }) => !persists(facts))
          .map((patient) =>
            seen(patient, say('persistence.none', { node: patient.id }), say('way.persistence.none'), [
              tell(patient, 'CONFIG SET appendonly yes'),
            ]),
          ),
}

/** How a node keeps its data, in words. */
function persistenceOf({ settings }: Facts): string {
  const snapshots = settings.get('save') ?? ''
  const parts = [
    ...(settings.get('appendonly') === 'yes' ? [`an append-only file (fsync ${settings.get('appendfsync') ?? 'unknown'})`] : []),
    ...(snapshots === '' ? [] : [`snapshots (${snapshots})`]),
  ]
  return parts.length === 0 ? 'nothing' : parts.join(' and ')
}

/** One finding for a group whose nodes differ in what should be alike. */
function unlike(e: Examination, of: (facts: Facts) => string, tellOf: (differences: string) => Seen): Seen[] {
  const nodes = examined(e)
  const kinds = Map.groupBy(nodes, ({ facts }) => of(facts))
  if (kinds.size < 2) return []
  return [tellOf([...kinds].map(([kind, who]) => `${who.map(({ id }) => id).join(', ')}: ${kind}`).join('; '))]
}

const unlikePersistence: Check = {
  id: 'persistence.differs',
  severity: 'warning',
  look: (e) =>
    unlike(e, persistenceOf, (differences) => seen(null, say('persistence.differs', { differences }), say('way.persistence.differs'))),
}

const failing: Check = {
  id: 'persistence.failing',
  severity: 'serious',
  look: (e) =>
    examined(e).flatMap((patient) =>
      patient.facts.diskProblem === null
        ? []
        : [
            seen(
              patient,
              say('persistence.failing', { node: patient.id, message: patient.facts.diskProblem }),
              say('way.persistence.failing'),
              [tell(patient, 'CONFIG GET dir'), tell(patient, 'BGSAVE SCHEDULE')],
            ),
          ],
    ),
}

function memoryOf(facts: Facts): string {
  const most = numberOf(facts, 'maxmemory') ?? 0
  return `${most === 0 ? 'no limit' : sizeText(most)}, ${facts.settings.get('maxmemory-policy') ?? 'unknown'}`
}

const unlikeMemory: Check = {
  id: 'memory.differs',
  severity: 'warning',
  look: (e) => unlike(e, memoryOf, (differences) => seen(null, say('memory.differs', { differences }), say('way.memory.differs'))),
}

function release(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

const unlikeVersions: Check = {
  id: 'version.differs',
  severity: 'warning',
  look: (e) =>
    unlike(
      e,
      ({ version }) => version,
      (differences) => seen(null, say('version.differs', { differences }), say('way.version.differs')),
    ),
}

/** The oldest release that has what regroup needs. */
const oldest = { redis: 6.2, valkey: 7.2, pika: 3.5 } as const

const oldVersion: Check = {
  id: 'version.old',
  severity: 'serious',
  look: (e) =>
    examined(e)
      .filter(({ facts }) => facts.version !== '' && isBefore(release(facts.version), String(oldest[e.spec.engine])))
      .map((patient) =>
        seen(
          patient,
          say('version.old', { node: patient.id, engine: e.spec.engine, version: patient.facts.version, least: oldest[e.spec.engine] }),
          say('way.version.old'),
        ),
      ),
}

function isBefore(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}

/** How far a node's clock is from ours, at least: it answered at some moment between the question and the answer. */
function skewOf(patient: Examined): number {
  const { inspected, facts } = patient
  if (inspected?.ok !== true || facts.clock === null) return 0
  if (facts.clock < inspected.askedAt) return facts.clock - inspected.askedAt
  return Math.max(0, facts.clock - inspected.answeredAt)
}

const clocks: Check = {
  id: 'clock.skew',
  severity: 'warning',
  look: (e) =>
    examined(e)
      .filter((patient) => Math.abs(skewOf(patient)) > clockSkewMs)
      .map((patient) => {
        const skew = skewOf(patient)
        return seen(
          patient,
          say(skew < 0 ? 'clock.behind' : 'clock.ahead', { node: patient.id, seconds: (Math.abs(skew) / 1000).toFixed(1) }),
          say('way.clock'),
        )
      }),
}

export const dataChecks: readonly Check[] = [noPersistence, unlikePersistence, failing, unlikeMemory, unlikeVersions, oldVersion, clocks]
