// The shapes of the API, from the one place that defines them. Types only: nothing of the server runs in the browser.
import type { Static } from 'typebox'
import type { RollView } from '../../../src/core/roll.ts'
import type * as accounts from '../../../src/server/accountSchemas.ts'
import type * as controllers from '../../../src/server/controllerRoutes.ts'
import type * as schemas from '../../../src/server/schemas.ts'
import type * as stopPlan from '../../../src/server/stopPlan.ts'

export type { Finding } from '../../../src/core/doctor/finding.ts'
export type { LogEntry } from '../../../src/core/model.ts'
export type {
  GroupState,
  GroupStatus,
  Moment,
  NodeHealth,
  NodeRole,
  NodeStatus,
  Passage,
  Recovery,
  RecoveryStep,
} from '../../../src/core/status.ts'
export type { Maintained } from '../../../src/server/maintenance.ts'
export type { Difference, Revision, Revisions } from '../../../src/server/revisionSchemas.ts'
export type { History, Paused, Problem, ScheduledAnswer, Spec } from '../../../src/server/schemas.ts'
export type { PolicyRule as PolicyRuleInput } from '../../../src/core/policyLayers.ts'
export type { GroupInput, NodeInput } from '../../../src/server/specSchemas.ts'
export type Accepted = Static<typeof schemas.Accepted>
export type EffectivePolicy = Static<typeof schemas.EffectivePolicy>
export type Applied = Static<typeof schemas.Applied>
export type Asker = Static<typeof accounts.Asker>
export type AuditPage = Static<typeof accounts.AuditPage>
export type Tokens = Static<typeof accounts.Tokens>
export type TokenMade = Static<typeof accounts.TokenMade>
export type Series = Static<typeof schemas.Series>
/** The schema has the same steps with wider types. */
export type Rolling = { readonly roll: RollView | null }
export type Users = Static<typeof accounts.Users>
export type Plans = Static<typeof stopPlan.Plans>
export type DoctorReport = Static<typeof schemas.DoctorReport>
export type Controllers = Static<typeof controllers.Controllers>
