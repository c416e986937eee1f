// What the doctor finds, and the way out of it (`way.`): docs/doctor.md says more of each.
import { quote } from '../situation.ts'

export const doctorSentences = {
  'access.password': (v: { readonly node: string; readonly user: string; readonly message: string }) =>
    `${v.node} does not let the user ${v.user} in: ${v.message}`,
  'way.credential.none': () =>
    "put its password into credentials of regroup.yaml, run `regroup credential reload`, and name it as the group's credential",
  'way.credential': (v: { readonly credential: string }) =>
    `correct the credential ${v.credential} in regroup.yaml and run \`regroup credential reload\`, or correct the password on the node`,
  'access.protected': (v: { readonly node: string }) =>
    `${v.node} is in protected mode: it takes connections from its own machine only, so neither regroup nor a replica gets in`,
  'way.access.protected': () =>
    'give it a password (best), or run the command on that machine if its network is closed to others; write the same into its file',
  'access.protocol': (v: { readonly node: string; readonly message: string }) => `${v.node} is no server that regroup knows: ${v.message}`,
  'way.access.protocol': () => 'correct the address of the node; a port that speaks TLS needs `tls: true` in the group',
  'access.tls': (v: { readonly node: string; readonly message: string }) => `${v.node} cannot be spoken to over TLS: ${v.message}`,
  'way.access.tls': () =>
    'correct `tls` in regroup.yaml (ca, cert, key) and restart the server, or the certificate of the node, or the group if the node speaks plain text',
  'access.full': (v: { readonly node: string }) =>
    `${v.node} takes no more connections (maxclients): regroup and replicas may not get in when it counts`,
  'way.access.full': () =>
    'stop some of its clients (nobody else gets in, redis-cli neither), then find out who holds the connections (CLIENT LIST), or raise maxclients there and in its file',
  'rights.missing': (v: { readonly node: string; readonly user: string; readonly commands: readonly string[] }) =>
    `${v.node} does not let the user ${v.user} use ${v.commands.join(', ')}`,
  'rights.missingMulti': (v: { readonly node: string; readonly user: string; readonly commands: readonly string[] }) =>
    `${v.node} does not let the user ${v.user} use ${v.commands.join(', ')}; what else, only MULTI would show`,
  'way.rights.missing': () =>
    'run this with a user that may; it gives what regroup needs and no more. Write the same into its file of users, or into its configuration',
  'rights.selectors': (v: { readonly node: string; readonly users: readonly string[] }) =>
    `${v.node} cannot be closed to ${v.users.join(', ')}: what a selector of the access list lets a user write, he goes on writing to an old primary, and it is discarded`,
  'way.rights.selectors': () =>
    'this version never takes a selector back: delete the user (ACL DELUSER) and make him anew with plain rules, there and in its file',
  'commands.missing': (v: { readonly node: string; readonly commands: readonly string[] }) =>
    `${v.node} does not know ${v.commands.join(', ')}: renamed or disabled`,
  'way.commands.missing': () =>
    'take the lines with rename-command out of its file and restart it; to keep people from using them, take the right from their users instead',
  'file.none': (v: { readonly node: string }) =>
    `${v.node} was started without a configuration file: no role can be written down, and a restart brings back whatever its command line says`,
  'way.file.none': () => 'restart it with a file of its own, one node at a time, replicas first: redis-server /path/redis.conf',
  'file.unwritable': (v: { readonly node: string; readonly file: string; readonly message: string }) =>
    `${v.node} could not write ${v.file} (${v.message}): a restart brings back an older role`,
  'way.file.unwritable': () =>
    'let the user that redis-server runs as write this file and its directory (a new file is written beside it and renamed); regroup tries again every minute',
  'mode.cluster': (v: { readonly node: string }) => `${v.node} runs in cluster mode: it changes roles by itself and refuses REPLICAOF`,
  'way.mode.cluster': () => 'set cluster-enabled no in its file and restart it, or leave the group to the cluster',
  'persistence.none': (v: { readonly node: string }) =>
    `${v.node} keeps nothing on disk: a restart empties it, and when all nodes restart the data is gone`,
  'way.persistence.none': () => 'switch the append-only file on, and write appendonly yes into its file',
  'persistence.differs': (v: { readonly differences: string }) =>
    `the nodes keep their data differently, so it depends on who is primary what a restart costs (${v.differences})`,
  'way.persistence.differs': () => 'make appendonly, appendfsync and save alike on all nodes, with CONFIG SET and in their files',
  'persistence.failing': (v: { readonly node: string; readonly message: string }) =>
    `${v.node} could not write its data: ${v.message}; by default it then refuses writes`,
  'way.persistence.failing': () => 'look at its log and its disk (space, rights, the directory named by dir), then have it write again',
  'memory.differs': (v: { readonly differences: string }) =>
    `the nodes may hold different amounts: after a failover the group evicts keys or refuses writes that fitted before (${v.differences})`,
  'way.memory.differs': () => 'make maxmemory and maxmemory-policy alike on all nodes, with CONFIG SET and in their files',
  'version.differs': (v: { readonly differences: string }) =>
    `the nodes run different versions; an older one may not read what a newer primary sends (${v.differences})`,
  'way.version.differs': () => 'finish the upgrade: replicas first, then `regroup switchover`, then the old primary',
  'version.old': (v: { readonly node: string; readonly engine: string; readonly version: string; readonly least: number }) =>
    `${v.node} runs ${v.engine} ${v.version}; regroup needs ${v.least} or newer`,
  'way.version.old': () => 'upgrade it, replicas first',
  'clock.behind': (v: { readonly node: string; readonly seconds: string }) =>
    `the clock of ${v.node} is ${v.seconds} s behind this controller's: keys expire at another time there`,
  'clock.ahead': (v: { readonly node: string; readonly seconds: string }) =>
    `the clock of ${v.node} is ${v.seconds} s ahead of this controller's: keys expire at another time there`,
  'way.clock': () => 'have a time service run on both machines: timedatectl set-ntp true',
  'backlog.small': (v: { readonly node: string; readonly size: string; readonly needed: string; readonly seconds: number }) =>
    `the backlog of ${v.node} is ${v.size}, but ${v.needed} are written in ${v.seconds} s: a replica that was away that long is copied in full`,
  'way.backlog.small': () => 'raise it on every node and in every file, since each may become primary',
  'buffer.lessThanBacklog': (v: { readonly node: string; readonly size: string; readonly backlog: string }) =>
    `${v.node} lets ${v.size} wait for a replica, less than its backlog (${v.backlog}): a replica that goes on where it was is cut off`,
  'buffer.lessThanCopy': (v: { readonly node: string; readonly size: string; readonly written: string }) =>
    `${v.node} lets ${v.size} wait for a replica, less than is written while all data is copied (${v.written}): the copy never ends`,
  'way.buffer.small': () => 'raise the limit for replicas on every node and in every file',
  'timeout.clients': (v: { readonly node: string; readonly seconds: number }) =>
    `${v.node} closes connections that are idle for ${v.seconds} s: the one for role changes has to be made anew when it counts`,
  'way.timeout.clients': (v: { readonly least: number }) => `0 or at least ${v.least}, there and in its file`,
  'timeout.replication': (v: { readonly node: string; readonly seconds: number; readonly silentAfterMs: number }) =>
    `${v.node} gives a replication link up after ${v.seconds} s; with silentAfterMs ${v.silentAfterMs} a pause that is no death costs links, or a full copy`,
  'way.timeout.replication': (v: { readonly least: number }) =>
    `at least ${v.least} s on every node and in every file; 60 is the server's own default`,
  'keepalive.never': (v: { readonly node: string }) =>
    `${v.node} never asks whether a silent client still exists: connections of vanished machines stay until maxclients is reached`,
  'keepalive.late': (v: { readonly node: string; readonly seconds: number }) =>
    `${v.node} asks only after ${v.seconds} s whether a silent client still exists: connections of vanished machines stay until maxclients is reached`,
  'way.keepalive': () => "300 s is the server's own default, there and in its file",
  'guard.replica': (v: { readonly node: string; readonly value: number }) =>
    `min-replicas-to-write is ${v.value} on the replica ${v.node}: somebody else sets it, and it may refuse writes after a restart`,
  'way.guard.replica': () => 'leave it to regroup (policy guard): 0 on replicas, there and in its file',
  'guard.lag': (v: { readonly node: string; readonly value: number; readonly set: number }) =>
    `min-replicas-max-lag is ${v.value} on the primary ${v.node}, where regroup had set ${v.set}: a cut off primary takes writes for that much longer`,
  'way.othersSet': () => 'find out what else sets it; then',
  'replica.writable': (v: { readonly node: string }) =>
    `clients may write to the replica ${v.node}: what they write is lost, and it is never taken for in sync`,
  'way.replica.writable': () => 'make it read-only, there and in its file, then have it copied anew if somebody wrote to it',
  'replica.mute': (v: { readonly node: string }) =>
    `${v.node} answers no reads while its link is down: just then regroup cannot read whose data it holds`,
  'way.replica.mute': () => 'let it answer, there and in its file',
  'replica.address': (v: { readonly node: string; readonly primary: string; readonly addresses: readonly string[] }) =>
    `${v.node} follows ${v.primary}, which knows it by another address (${v.addresses.join(', ')}): it is never taken for in sync`,
  'way.replica.address': () =>
    'name it in the group by the address that its primary sees, or have it announce the one of the group, there and in its file',
  'link.down': (v: { readonly node: string; readonly primary: string; readonly seconds: number }) =>
    `${v.node} has had no link to ${v.primary} for ${v.seconds} s although both answer`,
  'way.link.down': (v: { readonly node: string; readonly address: string }) =>
    `look at the log of ${v.node}: the password for its primary in its file, protected mode, bind, or a firewall on the way to ${v.address}`,
  'diskless.hasty': (v: { readonly node: string; readonly seconds: number }) =>
    `repl-diskless-sync-delay is ${v.seconds} on ${v.node}: if it comes back empty as a primary while regroup is down, its replicas are empty within a second`,
  'way.diskless.hasty': (v: { readonly safe: number }) =>
    `${v.safe}, the server's own default, there and in its file; regroup sets 0 by itself where that is safe`,
  'diskless.slow': (v: { readonly node: string; readonly seconds: number }) =>
    `repl-diskless-sync-delay is ${v.seconds} on the primary ${v.node}, where regroup had set 0: each returning node waits so many seconds for its copy`,
  'way.diskless.slow': () => 'find out what else sets it; then, on the running process only',
  'place.controller': (v: { readonly node: string; readonly host: string }) =>
    `this controller, the only one, runs on ${v.host} with the primary ${v.node}: if that machine dies, nobody promotes anybody`,
  'way.place.controller': () => 'run the controller on a machine without primaries',
  'way.place.controllerOrMove': () => 'run the controller on a machine without primaries, or move the primary',
  'place.all': (v: { readonly host: string }) => `all nodes are on ${v.host}: if that machine dies, the whole group is gone`,
  'place.together': (v: { readonly nodes: readonly string[]; readonly primary: string; readonly host: string }) =>
    `${quote(v.nodes)} and the primary ${v.primary} are on ${v.host}: if that machine dies, they die together`,
  'way.place.together': () => 'put the nodes on different machines: add one elsewhere, then remove one here',
  'place.crowded': (v: { readonly host: string; readonly here: number; readonly all: number }) =>
    `${v.host} hosts ${v.here} of ${v.all} primaries: its death would be that many failovers at once`,
  'way.place.crowded': (v: { readonly host: string }) => `move this one to ${v.host}`,
  'address.twice': (v: { readonly node: string; readonly address: string; readonly others: readonly string[] }) =>
    `${v.node} (${v.address}) is the same process as ${v.others.join(' and ')}: one of the addresses is wrong, or is a forwarded port`,
  'address.place': (v: { readonly node: string; readonly group: string; readonly address: string }) =>
    `node ${v.node} of group ${v.group} (${v.address})`,
  'way.address.twice': () => 'take the wrong one out of its group',
  'address.loopback': (v: { readonly node: string; readonly address: string }) =>
    `${v.node} is named by the loopback address ${v.address}: nodes on other machines are told to follow it there and find themselves`,
  'way.address.loopback': () => 'name it by the address that the other machines reach, and let it listen there (bind)',

  // Why a node was not examined.
  'unexamined.engine': () => 'this engine cannot be asked yet',
  'unexamined.unheard': () => 'not heard yet',
  'unexamined.mute': () => 'it does not answer',
  'unexamined.denied': () => 'it may not be asked for INFO',
}
