// The shapes of the API, from the one place that defines them. Types only: nothing of the server runs in the browser.
export type { LogEntry } from '../../../src/core/model.ts'
export type { GroupState, GroupStatus, NodeHealth, NodeRole, NodeStatus, Recovery, RecoveryStep } from '../../../src/core/status.ts'
export type { Problem } from '../../../src/server/schemas.ts'
