// Whether regroup may do what it must: get in, use its commands, have roles written into files.
import { say } from '../said.ts'
import type { Check, Seen } from './check.ts'
import { seen } from './check.ts'
import { type Examination, type Patient, examined, tell } from './examination.ts'

/** Nodes whose connection ended with one of these codes. */
function refusedWith(e: Examination, codes: readonly string[], tellOf: (patient: Patient, message: string) => Seen): Seen[] {
  return e.patients.flatMap((patient) => {
    const { inspected } = patient
    if (inspected === null || inspected.ok || inspected.failure.kind !== 'answered') return []
    const { code, message } = inspected.failure
    return codes.includes(code) ? [tellOf(patient, message)] : []
  })
}

const password: Check = {
  id: 'access.password',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['WRONGPASS', 'NOAUTH'], ({ id, ...patient }, message) =>
      seen(
        { id, ...patient },
        say('access.password', { node: id, user: e.user, message }),
        e.spec.credential === null ? say('way.credential.none') : say('way.credential', { credential: e.spec.credential }),
        e.spec.credential === null ? [`regroup group show ${e.spec.id}`] : [],
      ),
    ),
}

const protectedMode: Check = {
  id: 'access.protected',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['DENIED'], (patient) =>
      seen(patient, say('access.protected', { node: patient.id }), say('way.access.protected'), [
        `redis-cli -p ${patient.view.spec.port} CONFIG SET protected-mode no`,
      ]),
    ),
}

const protocol: Check = {
  id: 'access.protocol',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['PROTOCOL'], (patient, message) =>
      seen(patient, say('access.protocol', { node: patient.id, message }), say('way.access.protocol'), [`regroup group show ${e.spec.id}`]),
    ),
}

const tls: Check = {
  id: 'access.tls',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['TLS'], (patient, message) => seen(patient, say('access.tls', { node: patient.id, message }), say('way.access.tls'))),
}

const full: Check = {
  id: 'access.full',
  severity: 'serious',
  look: (e) => refusedWith(e, ['MAXCLIENTS'], (patient) => seen(patient, say('access.full', { node: patient.id }), say('way.access.full'))),
}

const rights: Check = {
  id: 'rights.missing',
  severity: 'serious',
  look: (e) =>
    e.patients.flatMap((patient) => {
      if (patient.inspected?.ok !== true) return []
      const { forbidden } = patient.inspected.inspection
      if (forbidden.length === 0) return []
      return [
        seen(
          patient,
          say(forbidden.includes('MULTI') ? 'rights.missingMulti' : 'rights.missing', {
            node: patient.id,
            user: e.user,
            commands: forbidden,
          }),
          say('way.rights.missing'),
          [tell(patient, e.grant)],
        ),
      ]
    }),
}

const selectors: Check = {
  id: 'rights.selectors',
  severity: 'serious',
  look: (e) =>
    e.patients.flatMap((patient) => {
      const { reading } = patient.view
      if (reading?.unclosable === undefined) return []
      const said = say('rights.selectors', { node: patient.id, users: reading.unclosable })
      return [
        seen(
          patient,
          said,
          say('way.rights.selectors'),
          reading.unclosable.map((user) => tell(patient, `ACL GETUSER ${user}`)),
        ),
      ]
    }),
}

const commands: Check = {
  id: 'commands.missing',
  severity: 'serious',
  look: (e) =>
    e.patients.flatMap((patient) => {
      if (patient.inspected?.ok !== true) return []
      const { missing } = patient.inspected.inspection
      if (missing.length === 0) return []
      return [seen(patient, say('commands.missing', { node: patient.id, commands: missing }), say('way.commands.missing'))]
    }),
}

const noFile: Check = {
  id: 'file.none',
  severity: 'serious',
  look: (e) =>
    examined(e)
      .filter(({ facts }) => facts.configFile === '')
      .map((patient) => seen(patient, say('file.none', { node: patient.id }), say('way.file.none'))),
}

const unwritable: Check = {
  id: 'file.unwritable',
  severity: 'serious',
  look: (e) =>
    examined(e).flatMap((patient) =>
      patient.view.persistProblem === null || patient.facts.configFile === ''
        ? []
        : [
            seen(
              patient,
              say('file.unwritable', { node: patient.id, file: patient.facts.configFile, message: patient.view.persistProblem }),
              say('way.file.unwritable'),
            ),
          ],
    ),
}

const cluster: Check = {
  id: 'mode.cluster',
  severity: 'serious',
  look: (e) =>
    examined(e)
      .filter(({ facts }) => facts.isCluster)
      .map((patient) =>
        seen(patient, say('mode.cluster', { node: patient.id }), say('way.mode.cluster'), [`regroup group remove ${e.spec.id}`]),
      ),
}

export const accessChecks: readonly Check[] = [
  password,
  protectedMode,
  protocol,
  tls,
  full,
  rights,
  selectors,
  commands,
  noFile,
  unwritable,
  cluster,
]
