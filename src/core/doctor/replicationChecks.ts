// Settings of replication and of connections against what regroup and a failover need.
import { guardLagS, safeSyncDelayS } from '../limits.ts'
import { answers, follows } from '../observe.ts'
import { formatAddress, sameAddress } from '../address.ts'
import { type Said, say } from '../said.ts'
import type { Check } from './check.ts'
import { seen } from './check.ts'
import { type Examination, type Patient, examined, numberOf, primaryOf, sizeText, tell } from './examination.ts'
import type { Facts } from './inspection.ts'

/** A replica that was away for this long should be able to go on where it was: a restart, a switch that is replaced. */
const backlogSeconds = 60
/** Over less time a rate says nothing. */
export const rateOverMs = 1000
/** Of what is needed: tomorrow more is written, and disks have bad days. */
const reserve = 2
/** The server's own default. */
const usualBuffer = 256 * 1024 ** 2
/** Below this a server closes connections that only wait for work. */
const leastClientTimeoutS = 60
/** A link must outlive a pause that regroup itself does not take for a death. */
const leastReplicationTimeoutS = 5
/** Beyond this a vanished client holds its connection for too long. */
const mostKeepAliveS = 3600
/** A link that makes itself again needs a second, and a copy may be put off by five. */
const linkDownMs = 10_000

/** Bytes a second that the primary wrote since the last look; null when that is not known. */
function writeRate(e: Examination): number | null {
  const primary = primaryOf(e)
  if (primary?.facts === undefined || primary.facts === null || primary.before === null || primary.before.agoMs < rateOverMs) return null
  const grown = primary.facts.offset - primary.before.facts.offset
  return grown < 0 ? null : (grown * 1000) / primary.before.agoMs
}

function mebibytes(bytes: number): string {
  return `${Math.max(1, Math.ceil(bytes / 1024 ** 2))}mb`
}

const backlog: Check = {
  id: 'backlog.small',
  severity: 'warning',
  look: (e) => {
    const needed = (writeRate(e) ?? 0) * backlogSeconds
    return examined(e).flatMap((patient) => {
      const size = numberOf(patient.facts, 'repl-backlog-size')
      if (size === null || size >= needed) return []
      return [
        seen(
          patient,
          say('backlog.small', { node: patient.id, size: sizeText(size), needed: sizeText(needed), seconds: backlogSeconds }),
          say('way.backlog.small'),
          [tell(patient, `CONFIG SET repl-backlog-size ${mebibytes(needed * reserve)}`)],
        ),
      ]
    })
  },
}

const buffer: Check = {
  id: 'buffer.small',
  severity: 'warning',
  look: (e) => {
    const copyMs = Math.max(1000, primaryOf(e)?.facts?.lastCopyMs ?? 0)
    const duringCopy = ((writeRate(e) ?? 0) * copyMs * reserve) / 1000
    return examined(e).flatMap((patient) => {
      const limit = patient.facts.replicaBufferBytes
      const backlogSize = numberOf(patient.facts, 'repl-backlog-size') ?? 0
      const needed = Math.max(backlogSize, duringCopy)
      if (limit === null || limit === 0 || limit >= needed) return []
      const hard = Math.max(usualBuffer, needed * reserve)
      const of = { node: patient.id, size: sizeText(limit) }
      const said =
        backlogSize > limit
          ? say('buffer.lessThanBacklog', { ...of, backlog: sizeText(backlogSize) })
          : say('buffer.lessThanCopy', { ...of, written: sizeText(duringCopy) })
      return [
        seen(patient, said, say('way.buffer.small'), [
          tell(patient, `CONFIG SET client-output-buffer-limit "replica ${mebibytes(hard)} ${mebibytes(hard / 4)} 60"`),
        ]),
      ]
    })
  },
}

/** A finding for each node whose number is not as it should be. */
function wrongNumber(
  e: Examination,
  name: string,
  isWrong: (value: number, patient: Patient & { readonly facts: Facts }) => boolean,
  tellOf: (value: number, patient: Patient) => { readonly said: Said; readonly wayOut: Said; readonly to: string },
) {
  return examined(e).flatMap((patient) => {
    const value = numberOf(patient.facts, name)
    if (value === null || !isWrong(value, patient)) return []
    const { said, wayOut, to } = tellOf(value, patient)
    return [seen(patient, said, wayOut, [tell(patient, `CONFIG SET ${name} ${to}`)])]
  })
}

const clientTimeout: Check = {
  id: 'timeout.clients',
  severity: 'warning',
  look: (e) =>
    wrongNumber(
      e,
      'timeout',
      (seconds) => seconds > 0 && seconds < leastClientTimeoutS,
      (seconds, { id }) => ({
        said: say('timeout.clients', { node: id, seconds }),
        wayOut: say('way.timeout.clients', { least: leastClientTimeoutS }),
        to: '0',
      }),
    ),
}

const replicationTimeout: Check = {
  id: 'timeout.replication',
  severity: 'warning',
  look: (e) => {
    const least = Math.max(leastReplicationTimeoutS, Math.ceil((2 * e.policy.silentAfterMs) / 1000))
    return wrongNumber(
      e,
      'repl-timeout',
      (seconds) => seconds < least,
      (seconds, { id }) => ({
        said: say('timeout.replication', { node: id, seconds, silentAfterMs: e.policy.silentAfterMs }),
        wayOut: say('way.timeout.replication', { least }),
        to: '60',
      }),
    )
  },
}

const keepAlive: Check = {
  id: 'timeout.keepalive',
  severity: 'advice',
  look: (e) =>
    wrongNumber(
      e,
      'tcp-keepalive',
      (seconds) => seconds === 0 || seconds > mostKeepAliveS,
      (seconds, { id }) => ({
        said: seconds === 0 ? say('keepalive.never', { node: id }) : say('keepalive.late', { node: id, seconds }),
        wayOut: say('way.keepalive'),
        to: '300',
      }),
    ),
}

/** It lets us do everything that we must. */
function obeys({ inspected }: Patient): boolean {
  return inspected?.ok === true && inspected.inspection.forbidden.length === 0 && inspected.inspection.missing.length === 0
}

const guard: Check = {
  id: 'guard.others',
  severity: 'warning',
  look: (e) => {
    if (e.record?.phase !== 'steady') return []
    const primary = e.record.primary
    return [
      ...wrongNumber(
        e,
        'min-replicas-to-write',
        (value, patient) => patient.id !== primary && value !== 0,
        (value, { id }) => ({
          said: say('guard.replica', { node: id, value }),
          wayOut: say('way.guard.replica'),
          to: '0',
        }),
      ),
      ...wrongNumber(
        e,
        'min-replicas-max-lag',
        // Who may not set it has not set it.
        (value, patient) => patient.id === primary && value !== guardLagS && obeys(patient),
        (value, { id }) => ({
          said: say('guard.lag', { node: id, value, set: guardLagS }),
          wayOut: say('way.othersSet'),
          to: String(guardLagS),
        }),
      ),
    ]
  },
}

const writableReplica: Check = {
  id: 'replica.writable',
  severity: 'serious',
  look: (e) =>
    examined(e)
      .filter(({ facts }) => facts.isReplica && facts.settings.get('replica-read-only') === 'no')
      .map((patient) =>
        seen(patient, say('replica.writable', { node: patient.id }), say('way.replica.writable'), [
          tell(patient, 'CONFIG SET replica-read-only yes'),
        ]),
      ),
}

const staleRefused: Check = {
  id: 'replica.mute',
  severity: 'warning',
  look: (e) =>
    examined(e)
      .filter(({ facts }) => facts.settings.get('replica-serve-stale-data') === 'no')
      .map((patient) =>
        seen(patient, say('replica.mute', { node: patient.id }), say('way.replica.mute'), [
          tell(patient, 'CONFIG SET replica-serve-stale-data yes'),
        ]),
      ),
}

const announced: Check = {
  id: 'replica.address',
  severity: 'serious',
  look: (e) => {
    const primary = primaryOf(e)
    if (primary === null || !answers(primary.view)) return []
    const listed = primary.view.reading.replicas
    const strangers = listed.filter((replica) => !e.patients.some(({ view }) => sameAddress(replica, view.spec)))
    const unlisted = e.patients.filter(
      (patient) =>
        patient.id !== primary.id &&
        answers(patient.view) &&
        follows(patient.view, primary.view.spec) &&
        (patient.view.reading.upstream?.linkUp ?? false) &&
        !listed.some((replica) => sameAddress(replica, patient.view.spec)),
    )
    if (strangers.length === 0) return []
    return unlisted.map((patient) => {
      const { host, port } = patient.view.spec
      return seen(
        patient,
        say('replica.address', { node: patient.id, primary: primary.id, addresses: strangers.map(formatAddress) }),
        say('way.replica.address'),
        [
          tell(patient, `CONFIG SET replica-announce-ip ${host}`),
          tell(patient, `CONFIG SET replica-announce-port ${port}`),
          tell(patient, e.relink),
        ],
      )
    })
  },
}

const linkDown: Check = {
  id: 'link.down',
  severity: 'serious',
  look: (e) => {
    const primary = primaryOf(e)
    if (primary === null || e.record?.phase !== 'steady' || !answers(primary.view)) return []
    return examined(e).flatMap((patient) => {
      const downMs = patient.facts.linkDownMs
      if (downMs === null || downMs < linkDownMs || !follows(patient.view, primary.view.spec)) return []
      return [
        seen(
          patient,
          say('link.down', { node: patient.id, primary: primary.id, seconds: Math.round(downMs / 1000) }),
          say('way.link.down', { node: patient.id, address: formatAddress(primary.view.spec) }),
          [tell(patient, 'INFO replication')],
        ),
      ]
    })
  },
}

const hastyCopy: Check = {
  id: 'diskless.hasty',
  severity: 'warning',
  look: (e) =>
    wrongNumber(
      e,
      'repl-diskless-sync-delay',
      (seconds, patient) =>
        seconds < safeSyncDelayS &&
        patient.facts.settings.get('repl-diskless-sync') !== 'no' &&
        !(patient.id === e.record?.primary && e.record.fenced),
      (seconds, { id }) => ({
        said: say('diskless.hasty', { node: id, seconds }),
        wayOut: say('way.diskless.hasty', { safe: safeSyncDelayS }),
        to: String(safeSyncDelayS),
      }),
    ),
}

const slowCopy: Check = {
  id: 'diskless.slow',
  severity: 'advice',
  look: (e) =>
    wrongNumber(
      e,
      'repl-diskless-sync-delay',
      (seconds, patient) =>
        seconds > 0 &&
        patient.facts.settings.get('repl-diskless-sync') !== 'no' &&
        e.record?.phase === 'steady' &&
        patient.id === e.record.primary &&
        e.record.fenced,
      (seconds, { id }) => ({
        said: say('diskless.slow', { node: id, seconds }),
        wayOut: say('way.diskless.slow'),
        to: '0',
      }),
    ),
}

export const replicationChecks: readonly Check[] = [
  writableReplica,
  announced,
  linkDown,
  backlog,
  buffer,
  clientTimeout,
  replicationTimeout,
  guard,
  staleRefused,
  hastyCopy,
  keepAlive,
  slowCopy,
]
