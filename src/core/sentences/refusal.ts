// Why a request is refused, and the way out: the sentences of the errors in src/errors.ts.
interface OfGroup {
  readonly group: string
}
interface OfNames {
  readonly names: readonly string[]
}

const list = (names: readonly string[]): string => names.join(', ')

export const refusalSentences = {
  // Who asks, and what he may do.
  'refusal.who': () => 'say who you are: log in (`regroup login NAME`), or send a token (REGROUP_TOKEN for the command line)',
  'refusal.wrongPassword': () => 'name and password do not belong together',
  'refusal.badToken': () =>
    'this token or login is unknown, was revoked or has expired: log in again (`regroup login NAME`), forget it (`regroup logout`), or send another token',
  'refusal.role': (v: { readonly needed: string; readonly name: string; readonly role: string }) =>
    `this needs the role ${v.needed}, and ${v.name} has the role ${v.role}; ask an admin`,
  'refusal.system': (v: { readonly name: string; readonly groups: readonly string[] }) =>
    `this is about the whole server, and ${v.name} may only reach the groups ${list(v.groups)}`,
  'refusal.reach': (v: { readonly name: string; readonly group: string; readonly groups: readonly string[] }) =>
    `${v.name} may not reach the group ${JSON.stringify(v.group)}, only ${list(v.groups)}`,
  'refusal.reachPolicies': (v: { readonly name: string; readonly groups: readonly string[] }) =>
    `policies are about many groups, and ${v.name} may only reach the groups ${list(v.groups)}`,
  'refusal.tooMany': (v: { readonly what: 'requests' | 'failed logins' | 'unknown tokens'; readonly seconds: number }) =>
    `too many ${v.what}; try again in ${v.seconds} s`,
  'refusal.loginsWait': () => 'too many logins wait already; try again in a second',
  'refusal.badBy': () => 'the header X-Regroup-By must be a name of 1 to 64 printable ASCII characters',
  'refusal.host': (v: { readonly host: string }) =>
    `the Host header says ${v.host}, but this server answers to localhost, 127.0.0.1 and [::1] only, until it has a user`,
  'refusal.proxied': (v: { readonly header: string }) =>
    `the header ${v.header} says that a proxy sent this; add a user first: \`regroup user add NAME --role admin\``,
  'refusal.origin': (v: { readonly origin: string }) => `the Origin header says ${v.origin}; only this server's own page may send commands`,
  'refusal.contentType': (v: { readonly type: string }) =>
    `the content type is ${v.type}; send application/json, with {} when there is nothing to say`,

  // Users and tokens.
  'refusal.userExists': (v: { readonly name: string }) => `there is a user ${v.name} already; change it instead`,
  'refusal.usersFull': (v: { readonly most: number }) => `there are ${v.most} users already; remove one first`,
  'refusal.tokensFull': (v: { readonly most: number }) => `there are ${v.most} tokens already; revoke some first`,
  'refusal.noToken': (v: { readonly id: string }) => `there is no token ${JSON.stringify(v.id)}; \`regroup token list\` shows them`,
  'refusal.noUser': (v: { readonly name: string }) => `there is no user ${JSON.stringify(v.name)}; \`regroup user list\` shows them`,
  'refusal.firstAdmin': () =>
    'the first user must be an admin of all groups, or nobody could name others: `regroup user add NAME --role admin`',
  'refusal.lastAdmin': () => 'this is the last admin of all groups; name another one first',
  'refusal.usersChanged': () => 'somebody else changed the users at the same time; look again',
  'refusal.unsure': (v: { readonly message: string }) => `the change may or may not have been stored: ${v.message}; look again`,
  'refusal.noPassword': (v: { readonly name: string }) => `${v.name} is no user with a password`,

  // What there is, and what is known of it.
  'refusal.noGroup': (v: OfGroup) => `there is no group ${JSON.stringify(v.group)}`,
  'refusal.noNode': (v: OfGroup & OfNames & { readonly node: string }) =>
    `group ${v.group} has no node ${JSON.stringify(v.node)}; it has ${list(v.names)}`,
  'refusal.noPlace': (v: OfGroup & OfNames & { readonly whom: string }) =>
    `${JSON.stringify(v.whom)} is no node of group ${v.group} (it has ${list(v.names)}), not "all" of it, and no host of a node in any group`,
  'refusal.noEntry': (v: OfGroup & { readonly seq: number }) =>
    `the history of ${v.group} has no entry ${v.seq}; \`regroup history ${v.group}\` shows which there are`,
  'refusal.noRevision': (v: { readonly revision: number; readonly current: number; readonly oldest: number }) =>
    v.current === 0
      ? `there is no revision ${v.revision}; nothing was written yet`
      : `there is no revision ${v.revision}; the spec is at revision ${v.current}; kept are ${v.oldest} to ${v.current}`,
  'refusal.noRoute': (v: { readonly method: string; readonly url: string }) =>
    `there is no ${v.method} ${v.url}; /api/v1/openapi.json lists what there is`,
  'refusal.ifMatch': (v: { readonly ofGroup: boolean; readonly header: string }) =>
    `the header If-Match must be ${v.ofGroup ? '"epoch-N" or "revision-N"' : '"revision-N"'}, as the ETag of what was read; this is ${v.header}`,
  'refusal.staleSpec': (v: { readonly now: number; readonly known: number; readonly by: string; readonly why: string }) =>
    `the spec is at revision ${v.now}, not ${v.known} as you know it: ${v.by} changed it (${v.why}); look again`,
  'refusal.staleRevision': (v: { readonly now: number; readonly known: number }) =>
    `the spec is at revision ${v.now}, not ${v.known} as you know it; look again`,
  'refusal.staleEpoch': (v: OfGroup & { readonly now: number; readonly known: number; readonly sentence: string }) =>
    `${v.group} is at epoch ${v.now}, not ${v.known} as you know it: ${v.sentence}; look again`,
  'refusal.since': (v: { readonly epoch: number; readonly sentence: string }) => `epoch ${v.epoch}: ${v.sentence}`,
  'refusal.keyReused': () => 'this Idempotency-Key was sent with another request before; take a new one',
  'refusal.keyBusy': () => 'the same request is still under way; ask again for its answer',
  'refusal.badKey': () => 'the header Idempotency-Key must have 1 to 100 printable ASCII characters without spaces',
  'refusal.readersFull': (v: { readonly most: number }) => `${v.most} readers follow the events already; close one first`,
  'refusal.internal': () => 'something went wrong inside regroup; its log says what',

  // The spec.
  'refusal.specChanged': () => 'somebody else changed the spec at the same time; read it again',
  'refusal.specRevision': (v: { readonly now: number; readonly known: number }) =>
    `the spec is at revision ${v.now}, not ${v.known}; read it again`,
  'refusal.specUnstored': (v: { readonly revision: number; readonly message: string }) =>
    `the change was not stored, the spec stays at revision ${v.revision}: ${v.message}`,
  'refusal.specProblems': (v: { readonly count: number }) => `the spec has ${v.count} problems`,
  'refusal.problems': (v: { readonly count: number }) => `the request has ${v.count} problems`,
  'refusal.isPrimary': (v: OfGroup & { readonly node: string }) =>
    `${v.node} is the primary of group ${v.group}; move it first: \`regroup switchover ${v.group}\``,
  'refusal.isCandidate': (v: OfGroup & { readonly node: string; readonly phase: 'failover' | 'switchover' }) =>
    `${v.node} is the candidate of a ${v.phase} of group ${v.group}; move it first: \`regroup switchover ${v.group}\``,
  'refusal.wouldRemove': (v: { readonly revision: number; readonly groups: readonly string[]; readonly more: number }) =>
    `revision ${v.revision} does not have ${list(v.groups)}${v.more === 0 ? '' : ` and ${v.more} more`}: ` +
    `nobody would watch ${v.groups.length + v.more === 1 ? 'it' : 'them'} any more. ` +
    'Look with `regroup spec diff`; say --remove-groups (API: removeGroups) when that is what you want',

  // Work that is planned.
  'refusal.planWhat': () => 'ask either ifDies=NODE or stop=NODE, and not both',
  'refusal.atMissing': () => 'at: is missing; say when, or cancel',
  'refusal.atPast': (v: { readonly at: string; readonly now: string }) => `at: ${v.at} is in the past; it is ${v.now} here`,
  'refusal.atFar': (v: { readonly at: string }) => `at: ${v.at} is more than a year ahead`,
  'refusal.underWay': (v: { readonly phase: 'failover' | 'switchover'; readonly node: string }) =>
    `a ${v.phase} to ${v.node} is under way; wait for it to end`,
  'refusal.noSuccessor': (v: OfGroup & { readonly node: string; readonly why: string }) =>
    `${v.node} is the primary of ${v.group} and nobody can take over: ${v.why}`,
  'refusal.rollMute': (v: OfNames) => `a rolling restart begins when every node answers; missing: ${list(v.names)}`,
  'refusal.rollTurn': (v: { readonly node: string; readonly why: string }) => `${v.node} may not be restarted now: ${v.why}`,
  'refusal.rollEnded': (v: OfGroup) => `the roll of ${v.group} was ended meanwhile`,
  'refusal.noRoll': (v: OfGroup) => `no rolling restart of ${v.group} was begun`,
}
