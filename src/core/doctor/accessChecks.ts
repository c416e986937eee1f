// Whether regroup may do what it must: get in, use its commands, have roles written into files.
import type { Check, Seen } from './check.ts'
import { seen } from './check.ts'
import { type Examination, type Patient, examined, tell } from './examination.ts'

/** Nodes whose connection ended with one of these codes. */
function refusedWith(e: Examination, codes: readonly string[], say: (patient: Patient, message: string) => Seen): Seen[] {
  return e.patients.flatMap((patient) => {
    const { inspected } = patient
    if (inspected === null || inspected.ok || inspected.failure.kind !== 'answered') return []
    const { code, message } = inspected.failure
    return codes.includes(code) ? [say(patient, message)] : []
  })
}

const password: Check = {
  id: 'access.password',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['WRONGPASS', 'NOAUTH'], ({ id, ...patient }, message) =>
      seen(
        { id, ...patient },
        `${id} does not let the user ${e.user} in: ${message}`,
        e.spec.credential === null
          ? "put its password into credentials of regroup.yaml, run `regroup credential reload`, and name it as the group's credential"
          : `correct the credential ${e.spec.credential} in regroup.yaml and run \`regroup credential reload\`, or correct the password on the node`,
        e.spec.credential === null ? [`regroup group show ${e.spec.id}`] : [],
      ),
    ),
}

const protectedMode: Check = {
  id: 'access.protected',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['DENIED'], (patient) =>
      seen(
        patient,
        `${patient.id} is in protected mode: it takes connections from its own machine only, so neither regroup nor a replica gets in`,
        'give it a password (best), or run the command on that machine if its network is closed to others; write the same into its file',
        [`redis-cli -p ${patient.view.spec.port} CONFIG SET protected-mode no`],
      ),
    ),
}

const protocol: Check = {
  id: 'access.protocol',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['PROTOCOL'], (patient, message) =>
      seen(
        patient,
        `${patient.id} is no server that regroup knows: ${message}`,
        'correct the address of the node; a port that speaks TLS needs `tls: true` in the group',
        [`regroup group show ${e.spec.id}`],
      ),
    ),
}

const tls: Check = {
  id: 'access.tls',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['TLS'], (patient, message) =>
      seen(
        patient,
        `${patient.id} cannot be spoken to over TLS: ${message}`,
        'correct `tls` in regroup.yaml (ca, cert, key) and restart the server, or the certificate of the node, or the group if the node speaks plain text',
      ),
    ),
}

const full: Check = {
  id: 'access.full',
  severity: 'serious',
  look: (e) =>
    refusedWith(e, ['MAXCLIENTS'], (patient) =>
      seen(
        patient,
        `${patient.id} takes no more connections (maxclients): regroup and replicas may not get in when it counts`,
        'stop some of its clients (nobody else gets in, redis-cli neither), then find out who holds the connections (CLIENT LIST), or raise maxclients there and in its file',
      ),
    ),
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
          `${patient.id} does not let the user ${e.user} use ${forbidden.join(', ')}${forbidden.includes('MULTI') ? '; what else, only MULTI would show' : ''}`,
          'run this with a user that may; it gives what regroup needs and no more. Write the same into its file of users, or into its configuration',
          [tell(patient, e.grant)],
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
      return [
        seen(
          patient,
          `${patient.id} does not know ${missing.join(', ')}: renamed or disabled`,
          'take the lines with rename-command out of its file and restart it; to keep people from using them, take the right from their users instead',
        ),
      ]
    }),
}

const noFile: Check = {
  id: 'file.none',
  severity: 'serious',
  look: (e) =>
    examined(e)
      .filter(({ facts }) => facts.configFile === '')
      .map((patient) =>
        seen(
          patient,
          `${patient.id} was started without a configuration file: no role can be written down, and a restart brings back whatever its command line says`,
          'restart it with a file of its own, one node at a time, replicas first: redis-server /path/redis.conf',
        ),
      ),
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
              `${patient.id} could not write ${patient.facts.configFile} (${patient.view.persistProblem}): a restart brings back an older role`,
              'let the user that redis-server runs as write this file and its directory (a new file is written beside it and renamed); regroup tries again every minute',
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
        seen(
          patient,
          `${patient.id} runs in cluster mode: it changes roles by itself and refuses REPLICAOF`,
          `set cluster-enabled no in its file and restart it, or leave the group to the cluster`,
          [`regroup group remove ${e.spec.id}`],
        ),
      ),
}

export const accessChecks: readonly Check[] = [password, protectedMode, protocol, tls, full, rights, commands, noFile, unwritable, cluster]
