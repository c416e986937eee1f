// Everything a check may look at: one group's record and nodes, what the nodes said, and what it shares hosts with.
import { plainHost } from '../address.ts'
import type { GroupRecord, GroupSpec, NodeId, Policy } from '../model.ts'
import type { NodeView } from '../observe.ts'
import type { Fleet } from './fleet.ts'
import type { Facts, Inspected } from './inspection.ts'

export interface Patient {
  readonly id: NodeId
  readonly view: NodeView
  /** Null: it was not asked, because it gave no sign of life. */
  readonly inspected: Inspected | null
  readonly facts: Facts | null
  /** What the same process said at the last look, and how long before this one. */
  readonly before: { readonly facts: Facts; readonly agoMs: number } | null
}

export interface Examination {
  readonly spec: GroupSpec
  readonly policy: Policy
  readonly record: GroupRecord | null
  readonly patients: readonly Patient[]
  /** The user that nodes know us by. */
  readonly user: string
  /** The command that gives this user all that regroup needs. */
  readonly grant: string
  /** The command that makes a replica drop its link and make it again. */
  readonly relink: string
  readonly controllerHosts: ReadonlySet<string>
  readonly fleet: Fleet
}

export function hostOf(patient: Patient): string {
  return plainHost(patient.view.spec.host)
}

export function primaryOf(e: Examination): Patient | null {
  return e.record === null ? null : (e.patients.find((patient) => patient.id === e.record?.primary) ?? null)
}

/** Those that said how they are. */
export function examined(e: Examination): (Patient & { readonly facts: Facts })[] {
  return e.patients.flatMap((patient) => (patient.facts === null ? [] : [{ ...patient, facts: patient.facts }]))
}

/** A setting as a number; null when it was not told. */
export function numberOf(facts: Facts, name: string): number | null {
  const text = facts.settings.get(name)
  return text === undefined || text === '' ? null : Number(text)
}

/** A command for one node, to be pasted. */
export function tell(patient: Patient, command: string): string {
  const { host, port } = patient.view.spec
  return `redis-cli -h ${host} -p ${port} ${command}`
}

/** 64 MiB, 512 KiB: sizes in sentences. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${Math.round(bytes / 1024 ** step)} ${units[step] ?? 'bytes'}`
}
