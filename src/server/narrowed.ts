// The controller as one asker may see it: the groups of its scope, and on a dry run nothing that changes anything.
import type { ApplyRequest, SpecChange, ControllerEvent, ControllerFacade } from '../controller/facade.ts'
import type { PolicyRule } from '../core/policyLayers.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { type Who, mustReach, sees } from './access.ts'

/** How it was asked. */
export interface Asked {
  readonly dryRun: boolean
  /** The revision that the asker knows; a change on another one is refused with STALE. Null: whatever it is. */
  readonly ifRevision: number | null
}

/** Every question is listed here, so that a new one has to say what it shows to whom. */
export function narrowed(facade: ControllerFacade, who: Who, asked: Asked): ControllerFacade {
  const within = <T>(group: string, then: () => T): T => {
    mustReach(who, group)
    return then()
  }
  return {
    installation: facade.installation,
    statuses: () => facade.statuses().filter((status) => sees(who, status.group)),
    glances: () => facade.glances().filter((glance) => sees(who, glance.group)),
    status: (group) => within(group, () => facade.status(group)),
    figures: (group) => within(group, () => facade.figures(group)),
    topology: (group) => within(group, () => facade.topology(group)),
    roll: (group) => within(group, () => facade.roll(group)),
    plan: async (group, what, whom) =>
      await within(group, async () => (await facade.plan(group, what, whom)).filter((plan) => sees(who, plan.group))),
    ...narrowedSpec(facade, who, asked),
    policy: (group) => within(group, () => facade.policy(group)),
    command: async (group, command) =>
      await within(group, () => facade.command(group, { ...command, dryRun: command.dryRun || asked.dryRun })),
    doctor() {
      const report = facade.doctor()
      return { ...report, groups: report.groups.filter(({ group }) => sees(who, group)) }
    },
    async examine(groups) {
      for (const group of groups) mustReach(who, group)
      await facade.examine(groups)
    },
    backup: () => facade.backup(),
    history: async (group, limit, before) => await within(group, () => facade.history(group, limit, before)),
    totals() {
      const { probes, moves } = facade.totals()
      return { probes, moves: new Map([...moves].filter(([group]) => sees(who, group))) }
    },
    subscribe: (listener, kinds) =>
      facade.subscribe((event) => {
        if (concerns(who, event)) listener(event)
      }, kinds),
  }
}

/** What was asked for: the groups of the asker, and the policies of many groups for who reaches all. */
function narrowedSpec(
  facade: ControllerFacade,
  who: Who,
  asked: Asked,
): Pick<ControllerFacade, 'spec' | 'revisions' | 'specAt' | 'specChanges' | 'apply'> {
  const all = who.groups.includes('*')
  const told = ({ group }: SpecChange): boolean => (group === null ? all : sees(who, group))
  // The name of another group is nobody's business, also not as that of a policy.
  const policies = (): readonly PolicyRule[] => facade.spec().policies.filter(({ match }) => all || match.includes('*') || sees(who, match))
  return {
    spec() {
      const spec = facade.spec()
      return { ...spec, groups: spec.groups.filter((group) => sees(who, group.id)), policies: policies() }
    },
    async revisions(limit, before) {
      const entries = await facade.revisions(limit, before)
      if (all) return entries
      return entries.map((entry) => {
        const changes = entry.changes.filter(told)
        return { ...entry, changed: changes.length, changes }
      })
    },
    async specAt(revision) {
      const then = await facade.specAt(revision)
      // Who may not change the policies of many groups sees those of today only, so that a restore leaves them alone.
      return { ...then, groups: then.groups.filter((group) => sees(who, group.id)), policies: all ? then.policies : policies() }
    },
    specChanges: async (revision) => (await facade.specChanges(revision)).filter(told),
    async apply({ policies: wanted, ...request }: ApplyRequest) {
      if (wanted !== undefined && !all && JSON.stringify(wanted) !== JSON.stringify(policies()))
        throw new UserError('FORBIDDEN', say('refusal.reachPolicies', { name: who.name, groups: who.groups }))
      for (const group of [...request.put.map((spec) => spec.id), ...request.remove]) mustReach(who, group)
      const { revision } = facade.spec()
      if (asked.ifRevision !== null && asked.ifRevision !== revision)
        throw new UserError('STALE', say('refusal.staleRevision', { now: revision, known: asked.ifRevision }))
      return await facade.apply({
        ...request,
        ...(wanted === undefined || !all ? {} : { policies: wanted }),
        dryRun: request.dryRun || asked.dryRun,
      })
    },
  }
}

/** Whether an event is about something that the asker may see. */
export function concerns(who: Who, event: ControllerEvent): boolean {
  switch (event.kind) {
    case 'log':
      return sees(who, event.entry.group)
    case 'status':
      return sees(who, event.status.group)
    case 'topology':
      return sees(who, event.topology.group)
    case 'spec':
      return true
    default:
      throw new Error(`no such event: ${JSON.stringify(event satisfies never)}`)
  }
}
