// Where things are: what dies together, and who answers under whose name.
import { formatAddress } from '../address.ts'
import { say } from '../said.ts'
import type { Check } from './check.ts'
import { seen } from './check.ts'
import { type Examination, hostOf, primaryOf } from './examination.ts'

function isLoopback(host: string): boolean {
  return host.startsWith('127.')
}

/** Among replicas in sync elsewhere, to move the primary to. */
function elsewhere(e: Examination): string[] {
  const here = e.fleet.primaries.get(e.spec.id)
  return (e.fleet.moves.get(e.spec.id) ?? []).filter(({ host }) => host !== here && !e.controllerHosts.has(host)).map(({ node }) => node)
}

const controllerThere: Check = {
  id: 'place.controller',
  severity: 'warning',
  look: (e) => {
    const primary = primaryOf(e)
    if (primary === null || !e.controllerHosts.has(hostOf(primary))) return []
    const [to] = elsewhere(e)
    return [
      seen(
        primary,
        say('place.controller', { node: primary.id, host: primary.view.spec.host }),
        say(to === undefined ? 'way.place.controller' : 'way.place.controllerOrMove'),
        to === undefined ? [] : [`regroup switchover ${e.spec.id} --to ${to}`],
      ),
    ]
  },
}

const together: Check = {
  id: 'place.together',
  severity: 'warning',
  look: (e) => {
    const primary = primaryOf(e)
    if (primary === null) return []
    const host = hostOf(primary)
    const beside = e.patients.filter((patient) => patient.id !== primary.id && hostOf(patient) === host).map(({ id }) => id)
    if (beside.length === 0) return []
    const all = beside.length === e.patients.length - 1
    return [
      seen(
        null,
        all ? say('place.all', { host }) : say('place.together', { nodes: beside, primary: primary.id, host }),
        say('way.place.together'),
        [`regroup node add ${e.spec.id} NAME HOST:PORT`, `regroup node remove ${e.spec.id} ${beside[0] ?? 'NAME'}`],
      ),
    ]
  },
}

const crowded: Check = {
  id: 'place.crowded',
  severity: 'advice',
  look: (e) => {
    const primary = primaryOf(e)
    const move = e.fleet.spread.get(e.spec.id)
    if (primary === null || move === undefined) return []
    return [
      seen(
        primary,
        say('place.crowded', { host: hostOf(primary), here: move.here, all: e.fleet.primaries.size }),
        say('way.place.crowded', { host: move.host }),
        [`regroup switchover ${e.spec.id} --to ${move.node}`],
      ),
    ]
  },
}

const twice: Check = {
  id: 'address.twice',
  severity: 'serious',
  look: (e) =>
    e.patients.flatMap((patient) => {
      const process = patient.view.reading?.incarnation
      const places = process === undefined ? [] : (e.fleet.processes.get(process) ?? [])
      const others = places.filter(({ group, node }) => group !== e.spec.id || node !== patient.id)
      if (others.length === 0) return []
      const names = others.map(({ group, node, address }) => say('address.place', { node, group, address }))
      return [
        seen(
          patient,
          say('address.twice', { node: patient.id, address: formatAddress(patient.view.spec), others: names }),
          say('way.address.twice'),
          [`regroup node remove ${e.spec.id} ${patient.id}`],
        ),
      ]
    }),
}

const loopback: Check = {
  id: 'address.loopback',
  severity: 'serious',
  look: (e) => {
    const local = e.patients.filter((patient) => isLoopback(hostOf(patient)))
    if (local.length === 0 || local.length === e.patients.length) return []
    return local.map((patient) =>
      seen(patient, say('address.loopback', { node: patient.id, address: formatAddress(patient.view.spec) }), say('way.address.loopback'), [
        `regroup group show ${e.spec.id} > group.yaml`,
        'regroup apply group.yaml',
      ]),
    )
  },
}

export const placeChecks: readonly Check[] = [twice, loopback, controllerThere, together, crowded]
