// What is said of moves of the primary that somebody asked for: whether a switchover may begin, and why it does or does not.
import { quote } from '../situation.ts'

export const plannedSentences = {
  'switchover.cannot': (v: { readonly why: string; readonly refusal: string }) => `${v.why}; ${v.refusal}`,
  'switchover.begin': (v: { readonly why: string; readonly node: string }) => `${v.why}; switch over to ${v.node}`,
  'planned.nobodyTakesOver': () => 'nobody can take over',
  'planned.nobodyPreferred': () => 'nobody is preferred',
  'planned.nothing': () => 'nothing is scheduled',
  'planned.maintenance': (v: { readonly primary: string }) => `${v.primary} is in maintenance`,
  'planned.failback': (v: { readonly node: string; readonly seconds: number }) =>
    `${v.node} is preferred by its priority and has been in sync for ${v.seconds} s`,
  'planned.scheduled': (v: { readonly by: string; readonly why: string }) => `scheduled by ${v.by}${v.why === '' ? '' : ` (${v.why})`}`,
  'planned.refused': (v: { readonly asked: string; readonly why: string }) => `no switchover, although ${v.asked}: ${v.why}`,
  'planned.late': (v: { readonly minutes: number }) => `its time passed ${v.minutes} min ago, and nobody expects it any more`,
  'planned.paused': (v: { readonly by: string }) => `the group is paused by ${v.by}`,
  'plan.moving': (v: { readonly phase: 'failover' | 'switchover'; readonly node: string }) =>
    `a ${v.phase} to ${v.node} is under way; wait for it to end`,
  'plan.restored': () => 'the record is that of a backup and was not verified yet; `regroup explain` says what it waits for',
  'plan.primaryLost': (v: { readonly primary: string; readonly verdict: string }) =>
    `the primary ${v.primary} is ${v.verdict}; a planned switchover needs it alive`,
  'plan.already': (v: { readonly node: string }) => `${v.node} is the primary already`,
  'plan.inMaintenance': (v: { readonly node: string; readonly group: string }) =>
    `${v.node} is in maintenance; \`regroup maintain ${v.group}/${v.node} --end\` ends it`,
  'plan.noneMay': (v: { readonly nodes: readonly string[] }) =>
    `of those in sync (${quote(v.nodes)}) none may be promoted: priority 0 or in maintenance`,
  'plan.noneInSync': () => 'no replica is in sync with its link up. A switchover to it would lose data; wait until it has caught up',
  'plan.notInSync': (v: { readonly node: string; readonly nodes: readonly string[] }) =>
    `${v.node} is not in sync with its link up; in sync are ${quote(v.nodes)}. A switchover to it would lose data; wait until it has caught up`,
  'switchover.done': (v: { readonly node: string; readonly before: string }) => `${v.node} took over from ${v.before}, nothing lost`,
  'switchover.tooLong': (v: { readonly node: string; readonly primary: string }) =>
    `the switchover to ${v.node} took too long: ${v.primary} stays primary, its writes go on`,
  'switchover.noCandidate': (v: { readonly node: string; readonly primary: string }) =>
    `the switchover to ${v.node} lost its candidate: ${v.primary} stays primary, its writes go on`,
  'switchover.fence': (v: { readonly node: string }) =>
    `${v.node} was restarted and is open; the old primary may follow it already: fenced`,
  'switchover.pause': (v: { readonly primary: string }) => `pauses the writes of ${v.primary}`,
  'switchover.demote': (v: { readonly primary: string }) => `demotes ${v.primary}`,
  'switchover.waiting': (v: { readonly node: string; readonly primary: string }) =>
    `switching over to ${v.node}: waits for it to have everything ${v.primary} has`,
}
