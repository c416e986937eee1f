// What a group without a record, or with that of a backup, says.
import { quote } from '../situation.ts'

interface Choice {
  readonly group: string
  /** Whom to name as the primary; NODE when nobody is plain. */
  readonly node: string
}

const choose = ({ group, node }: Choice): string => `\`regroup failover ${group} --accept-loss --to ${node}\``

/** Whom it is said of, the data of all others are `unknown`. */
interface Doubt {
  readonly unknown?: boolean
}

const sinceBackup = ({ unknown = false }: Doubt): string =>
  unknown ? '. Nothing tells what was written where since the backup: the others are copied anew' : ''

const risk = (what: string | null = null): string => (what === null ? '' : `. Risk: ${what}`)

export const newSentences = {
  'new.nobody': () => 'nobody to adopt',
  'new.paused': () => 'paused by an operator; not adopted yet',
  'new.waiting': (v: { readonly nodes: readonly string[] }) => `waits to hear from ${quote(v.nodes)}`,
  'new.unreachable': (v: Choice & { readonly missing: readonly string[] }) =>
    `a new group is adopted when every node answers; missing: ${v.missing.join('; ')}. Start them, give the group the right credential, remove them, or choose the primary: ${choose(v)}`,
  'new.missing': (v: { readonly node: string; readonly why: string }) => `${v.node}: ${v.why}`,
  'new.foreign': (v: Choice & { readonly nodes: readonly string[]; readonly marks: string }) =>
    `${quote(v.nodes)}: marked as data of another group or installation (${v.marks}). If it is this group's own data (a lost store, another name), ` +
    `name the primary: ${choose(v)}; else remove it from this group, or add it with --overwrite when its data may go`,
  'new.adopt': (v: { readonly primary: string }) => `${v.primary} is taken as the primary as it was found`,
  'new.histories': (v: Choice & { readonly nodes: readonly string[] }) =>
    `${quote(v.nodes)} are primaries with data or replicas of their own: these are different histories. Empty all but one, or choose whose data is kept: ` +
    `${choose(v)}; then remove the others and add them again with --overwrite`,
  'new.noPrimary': (v: Choice) =>
    `no node of the group is a primary that all others follow, and nothing is recorded. Choose it: ${choose(v)}`,
  'record.outdated': (v: { readonly node: string; readonly epoch: number; readonly recorded: number; readonly primary: string }) =>
    `${v.node} bears the mark of epoch ${v.epoch}, and the record, of epoch ${v.recorded}, says ${v.primary}: the record is that of an old copy of the store. ` +
    'Nothing is done before every node of the group was asked',
  'record.outdatedMove': (v: { readonly node: string; readonly epoch: number; readonly primary: string }) =>
    `${v.node} bears a mark of epoch ${v.epoch}, and the record says that ${v.primary} is only being replaced at that epoch: such marks are written when that is over, ` +
    'so the record is that of an old copy of the store. Nothing is done before every node of the group was asked',
  'restored.seen': (v: { readonly epoch: number }) =>
    `the record is that of a backup; what its nodes bear is kept: no epoch up to ${v.epoch} is given again, and who turns out to hold less lacks data`,
  'restored.paused': () => 'paused by an operator; its record is that of a backup and was not verified yet',
  'restored.waiting': (v: { readonly nodes: readonly string[] }) => `the record is that of a backup; waits to hear from ${quote(v.nodes)}`,
  'restored.unreachable': (v: Choice & { readonly missing: readonly string[] }) =>
    `the record is that of a backup, so it is verified when every node answers; missing: ${v.missing.join('; ')}. Start them, remove them, or choose the primary: ${choose(v)}`,
  'restored.foreign': (v: { readonly nodes: readonly string[] }) =>
    `the record is that of a backup, and ${quote(v.nodes)} bears the mark of another group or installation: it went elsewhere since. Remove it from this group, or add it with --overwrite when its data may go`,
  'restored.follows': (v: { readonly node: string; readonly address: string }) => `${v.node} follows ${v.address}`,
  'restored.followed': (v: { readonly node: string; readonly address: string }) => `${v.node} followed ${v.address}`,
  'restored.stranger': (v: Choice & { readonly who: readonly string[] }) =>
    `the record is that of a backup, and ${v.who.join(', ')}, which is no node of this group. Add that node, or choose the primary: ${choose(v)}`,
  /** `risk`, `unknown`: not in entries of earlier versions. */
  'restored.adopt': (v: Doubt & { readonly primary: string; readonly before: string | null; readonly risk?: string | null }) =>
    `verified after a restore: every node answers and follows ${v.primary}${v.before === null ? '' : `, where the backup has ${v.before}`}${sinceBackup(v)}${risk(v.risk)}`,
  'restored.elect': (v: { readonly why: string }) => `the record is that of a backup; ${v.why}`,
  'restored.promote': (v: Doubt & { readonly node: string; readonly why: string; readonly risk: string | null }) =>
    `the record is that of a backup; promote ${v.node}: ${v.why}${sinceBackup(v)}${risk(v.risk)}`,
  'restored.strangers': (v: { readonly who: readonly string[] }) =>
    `${v.who.join(', ')}, which this group does not know and which may hold more or still take writes`,
}
