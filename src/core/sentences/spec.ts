// How two specs differ, and what is wrong with one or with a request.
const list = (items: readonly string[]): string => items.join(', ')

interface OfNode {
  readonly node: string
}
interface FromTo {
  readonly from: string
  readonly to: string
}
interface Called {
  readonly called: string
}
interface Must {
  readonly found: string
  readonly must: string
}
/** By whom, and why; empty when no reason was given. */
interface Note {
  readonly by: string
  readonly why: string
}
const signed = ({ by, why }: Note): string => `by ${by}${why === '' ? '' : `: ${why}`}`

const differenceSentences = {
  'diff.added': (v: { readonly engine: string; readonly nodes: readonly string[] }) =>
    `added as ${v.engine} with ${v.nodes.length === 1 ? 'node' : 'nodes'} ${list(v.nodes)}`,
  'diff.removed': (v: { readonly nodes: readonly string[] }) => `removed with ${v.nodes.length === 1 ? 'node' : 'nodes'} ${list(v.nodes)}`,
  'diff.engine': (v: FromTo) => `engine ${v.from} -> ${v.to}`,
  /** `from`, `to`: null stands for what is not set. */
  'diff.credential': (v: { readonly from: string | null; readonly to: string | null }) =>
    `credential ${v.from ?? 'none'} -> ${v.to ?? 'none'}`,
  'diff.tls': (v: { readonly on: boolean }) => `TLS ${v.on ? 'off -> on' : 'on -> off'}`,
  'diff.policy': (v: { readonly key: string; readonly from: string | null; readonly to: string | null }) =>
    `${v.key} ${v.from ?? 'default'} -> ${v.to ?? 'default'}`,
  'diff.pauseEnds': () => 'the pause ends',
  'diff.paused': (v: { readonly until: string } & Note) => `paused until ${v.until} ${signed(v)}`,
  'diff.rollEnds': () => 'the rolling restart ends',
  'diff.rollBegins': (v: Note) => `a rolling restart begins, ${signed(v)}`,
  'diff.rollGoesOn': (v: Note) => `a rolling restart goes on, ${signed(v)}`,
  'diff.rollTurn': (v: OfNode) => `node ${v.node} is to be restarted`,
  'diff.unscheduled': () => 'no switchover is scheduled any more',
  'diff.scheduled': (v: { readonly to: string | null; readonly at: string } & Note) =>
    `a switchover${v.to === null ? '' : ` to ${v.to}`} is scheduled for ${v.at} ${signed(v)}`,
  'diff.nodeRemoved': (v: { readonly node: string }) => `node ${v.node} removed`,
  'diff.nodeAdded': (v: { readonly node: string }) => `node ${v.node} added`,
  'diff.address': (v: OfNode & FromTo) => `node ${v.node}: address ${v.from} -> ${v.to}`,
  'diff.site': (v: OfNode & { readonly from: string | null; readonly to: string | null }) =>
    `node ${v.node}: site ${v.from ?? 'none'} -> ${v.to ?? 'none'}`,
  'diff.priority': (v: OfNode & { readonly from: number; readonly to: number }) => `node ${v.node}: priority ${v.from} -> ${v.to}`,
  'diff.maintenanceEnds': (v: OfNode) => `node ${v.node}: maintenance ends`,
  'diff.maintenance': (v: OfNode & { readonly until: string }) => `node ${v.node}: in maintenance until ${v.until}`,
  'diff.maintenanceBy': (v: OfNode & { readonly until: string } & Note) => `node ${v.node}: in maintenance until ${v.until} ${signed(v)}`,
  'diff.overwrite': (v: OfNode) => `node ${v.node}: what it holds may be overwritten`,
  'diff.noOverwrite': (v: OfNode) => `node ${v.node}: what it holds may no longer be overwritten`,
  'diff.ruleRemoved': (v: { readonly match: string }) => `${v.match}: removed`,
  'diff.ruleAdded': (v: { readonly match: string; readonly policy: readonly string[] }) => `${v.match}: added with ${list(v.policy)}`,
  'diff.rule': (v: { readonly match: string; readonly change: string }) => `${v.match}: ${v.change}`,
  'diff.ruleOrder': (v: { readonly from: readonly string[]; readonly to: readonly string[] }) => `order: ${list(v.from)} -> ${list(v.to)}`,
}

/** What a value must be: these complete "it must be ...". */
const ruleSentences = {
  'rule.name': () => 'a name of at most 63 letters, digits, ".", "_" and "-", a letter or digit first',
  'rule.address': () => 'host:port, an IPv6 address in brackets: "127.0.0.1:6379", "[::1]:6379"',
  'rule.match': () => 'at most 63 letters, digits, ".", "_", "-" and "*", which stands for any letters',
  'rule.window': () => 'a window of the day, as "02:00-04:00" (UTC) or "22:00-02:00 Europe/Berlin"',
  'rule.range': (v: { readonly min: number; readonly max: number; readonly unit: string; readonly why: string }) =>
    `${v.min} to ${v.max} ${v.unit}: ${v.why}`,
  'range.probeEveryMs': () => 'faster only burdens the node, slower cannot notice a death in time',
  'range.silentAfterMs': () => 'below it a pause of the network looks like a death, above it nobody is helped',
  'range.retryDownMs': () => 'how soon a node that came back is noticed',
  'range.actionTimeoutMs': () => 'a role change and the writing of a file must fit, a frozen node must not hold a failover',
  'range.inSyncMaxLagBytes': () => 'what a failover may lose; a ping alone is some bytes of lag',
  'range.parallelSyncs': () => 'each full sync costs the primary a fork and its bandwidth',
  'range.canaryEveryMs': () => 'one small write a period; it tells whose data a node holds to this precision',
  'range.canaryTimeoutMs': () => 'a slow disk must fit, a hung primary must not',
  'range.betterCandidateMs': () => 'the group is not writable while it waits for a node that holds more',
  'range.switchoverDeadlineMs': () => 'clients wait this long at most in a planned switchover',
  'range.flapFailovers': () => 'so many forced failovers in the window mean that something else is broken',
  'range.flapWindowMs': () => 'failovers older than this are forgotten',
  'range.failbackAfterMs': () => 'a node that keeps dying must not become primary again at once',
}

const problemSentences = {
  'input.at': (v: { readonly path: string; readonly what: string }) => `${v.path}: ${v.what}`,
  'input.is': (v: Must) => `is ${v.found}; it must be ${v.must}`,
  'input.isNear': (v: Must & { readonly near: string }) => `is ${v.found}; it must be ${v.must}; did you mean ${v.near}?`,
  'input.among': (v: { readonly found: string; readonly allowed: readonly string[] }) =>
    `is ${v.found}; it must be one of ${list(v.allowed)}`,
  'input.amongNear': (v: { readonly found: string; readonly allowed: readonly string[]; readonly near: string }) =>
    `is ${v.found}; it must be one of ${list(v.allowed)}; did you mean ${v.near}?`,
  'input.missing': () => 'is missing',
  'input.missingAs': (v: { readonly must: string }) => `is missing; it must be ${v.must}`,
  'input.unknownKey': (v: { readonly key: string }) => `unknown key ${v.key}`,
  'input.unknownKeyNear': (v: { readonly key: string; readonly near: string }) => `unknown key ${v.key}; did you mean ${v.near}?`,
  'input.unknownKeyOf': (v: { readonly key: string; readonly known: readonly string[] }) =>
    `unknown key ${v.key}; known are ${list(v.known)}`,
  'input.empty': () => 'must not be empty',
  'input.few': (v: { readonly least: number }) => `needs at least ${v.least} entries`,
  'input.many': (v: { readonly most: number }) => `has too many entries; at most ${v.most} are allowed`,
  'input.window': (v: Must) => `is ${v.found}; it must be ${v.must}, in a zone that is known here, and not empty`,
  'input.bothWays': (v: { readonly group: string }) => `group ${v.group} stands under "remove" too; say one of both`,
  'called.group': (v: { readonly group: string }) => `group ${v.group}`,
  'called.node': (v: { readonly node: string; readonly group: string }) => `node ${v.node} of group ${v.group}`,
  'called.policies': (v: { readonly match: string }) => `policies ${v.match}`,
  'spec.policiesMany': (v: { readonly count: number; readonly most: number }) =>
    `there are ${v.count} policies; at most ${v.most} are allowed`,
  'spec.match': (v: Called & { readonly must: string }) => `${v.called}: it must be ${v.must}`,
  'spec.twice': (v: Called) => `${v.called} is there twice`,
  'spec.value': (v: Called & { readonly problem: string }) => `${v.called}: ${v.problem}`,
  'spec.name': (v: Called & { readonly must: string }) => `${v.called}: the name must be ${v.must}`,
  'spec.credential': (v: Called & { readonly credential: string; readonly must: string }) =>
    `${v.called}: credential ${v.credential} must be ${v.must}`,
  'spec.noCredential': (v: { readonly group: string; readonly credential: string }) =>
    `group ${v.group}: the settings of this server have no credential ${v.credential}; add it to \`credentials\` in regroup.yaml and run \`regroup credential reload\``,
  'spec.noNode': (v: Called) => `${v.called} needs at least one node`,
  'spec.nodesMany': (v: Called & { readonly count: number; readonly most: number }) =>
    `${v.called} has ${v.count} nodes; at most ${v.most} are allowed`,
  'spec.nobody': (v: Called) => `${v.called} has only nodes of priority 0, so none may ever be promoted; give one another priority`,
  'spec.host': (v: Called & { readonly host: string }) => `${v.called} has the host ${v.host}, which is no host name or IP address`,
  'spec.port': (v: Called & { readonly port: number }) => `${v.called} has the port ${v.port}; ports are 1 to 65535`,
  'spec.priority': (v: Called & { readonly priority: number; readonly most: number }) =>
    `${v.called} has the priority ${v.priority}; allowed are whole numbers from 0 (never promoted) to ${v.most}`,
  'spec.site': (v: Called & { readonly site: string; readonly must: string }) => `${v.called} has the site ${v.site}; it must be ${v.must}`,
  'spec.timing': (v: { readonly silentAfterMs: number; readonly least: number; readonly probeEveryMs: number }) =>
    `silentAfterMs is ${v.silentAfterMs}, but must be at least ${v.least}, three times probeEveryMs (${v.probeEveryMs}): one lost answer is not a death`,
  'spec.timingFrom': (v: { readonly problem: string; readonly sources: readonly string[] }) => `${v.problem} (${list(v.sources)})`,
  'spec.comesFrom': (v: { readonly key: string; readonly from: string }) => `${v.key} comes from ${v.from}`,
  'spec.range': (v: { readonly key: string; readonly value: string; readonly must: string }) =>
    `${v.key} is ${v.value}; allowed are ${v.must}`,
  'spec.allowed': (v: { readonly key: string; readonly value: string; readonly allowed: readonly string[] }) =>
    `${v.key} is ${v.value}; allowed are ${list(v.allowed)}`,
  'spec.noKey': (v: { readonly key: string }) => `${v.key} is not a key of a policy`,
  'spec.window': (v: { readonly key: string; readonly problem: string }) => `${v.key} ${v.problem}`,
  'spec.nodeTwice': (v: { readonly group: string; readonly node: string }) => `group ${v.group} has two nodes named ${v.node}`,
  'spec.addressTwice': (v: OfNode & { readonly group: string; readonly address: string; readonly owner: string }) =>
    `node ${v.node} of group ${v.group} is ${v.address}, which is node ${v.owner}`,
  'spec.addressElsewhere': (
    v: OfNode & { readonly group: string; readonly address: string; readonly owner: string; readonly ownerGroup: string },
  ) => `node ${v.node} of group ${v.group} is ${v.address}, which is node ${v.owner} of group ${v.ownerGroup}`,
}

export const specSentences = { ...differenceSentences, ...ruleSentences, ...problemSentences }
