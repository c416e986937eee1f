import type { failoverSentences } from '../../../../src/core/sentences/failover.ts'
import type { newSentences } from '../../../../src/core/sentences/new.ts'
import type { nodeSentences } from '../../../../src/core/sentences/node.ts'
import type { plannedSentences } from '../../../../src/core/sentences/planned.ts'
import type { steadySentences } from '../../../../src/core/sentences/steady.ts'
import { failure, names, verdict } from './names.ts'

const choose = ({ group, node }: { readonly group: string; readonly node: string }): string =>
  `\`regroup failover ${group} --accept-loss --to ${node}\``
const yields = (v: { readonly group: string; readonly node: string }): string =>
  `请选择：${choose(v)}；如果它持有的数据可以舍弃，就在规格里为 ${v.node} 写上 \`overwrite: true\``
const risk = (what: string | null = null): string => (what === null ? '' : `。风险：${what}`)

const sinceBackup = ({ unknown = false }: { readonly unknown?: boolean }): string =>
  unknown ? '。无从得知备份之后各自写入了什么：其余节点将重新全量复制' : ''

const stillFed = (v: { readonly witness: string; readonly address: string; readonly primary: string; readonly group: string }): string =>
  `${v.witness} 仍从 ${v.address} 复制，所以 ${v.primary} 在那里活着：不故障转移。请在规格里改正它的地址；如果确实要舍弃它，\`regroup failover ${v.group} --accept-loss\``

const unfenced = (v: { readonly node: string; readonly message: string; readonly group: string }, rights: string): string =>
  `${v.node} 无法写入、有应答，却拒绝被关闭（${v.message}）：在它旁边再有一个主节点就成了两个。请给 regroup ${rights} 的权限、停止 ${v.node}，或 \`regroup failover ${v.group} --accept-loss\``

const newZh: typeof newSentences = {
  'new.nobody': () => '没有可接管的主节点',
  'new.paused': () => '操作员已暂停；尚未接管',
  'new.waiting': (v) => `等待 ${names(v.nodes)} 的消息`,
  'new.unreachable': (v) =>
    `新组要等每个节点都应答才会接管；还缺：${v.missing.join('；')}。请启动它们、给组正确的凭据、移除它们，或指定主节点：${choose(v)}`,
  'new.missing': (v) => `${v.node}：${failure(v.why)}`,
  'new.foreign': (v) =>
    `${names(v.nodes)} 带有另一个组或另一套安装的标记（${v.marks}）。如果这就是本组自己的数据（存储丢失、换了名字），请指定主节点：${choose(v)}；` +
    `否则把它移出这个组，或在它的数据可以不要时用 --overwrite 加入`,
  'new.adopt': (v) => `按现状接受 ${v.primary} 为主节点`,
  'new.histories': (v) =>
    `${names(v.nodes)} 都是各有数据或副本的主节点：这是不同的历史。请清空其他的只留一个，或选择保留谁的数据：${choose(v)}；然后把其余的移出，再用 --overwrite 加入`,
  'new.noPrimary': (v) => `组里没有所有节点都跟随的主节点，也没有任何记录。请指定：${choose(v)}`,
  'record.outdated': (v) =>
    `${v.node} 带有纪元 ${v.epoch} 的标记，而纪元 ${v.recorded} 的记录说是 ${v.primary}：记录来自存储的旧副本。在询问过组内每个节点之前什么也不做`,
  'record.outdatedMove': (v) =>
    `${v.node} 带有纪元 ${v.epoch} 的标记，而记录说 ${v.primary} 在该纪元还在被替换：这样的标记要到更替结束之后才会写入，所以记录来自存储的旧副本。在询问过组内每个节点之前什么也不做`,
  'restored.seen': (v) => `记录来自备份；已记下各节点所带的标记：到纪元 ${v.epoch} 为止的纪元不再使用，之后持有更少的节点就是缺了数据`,
  'restored.paused': () => '操作员已暂停；记录来自备份，尚未核实',
  'restored.waiting': (v) => `记录来自备份；等待 ${names(v.nodes)} 的消息`,
  'restored.unreachable': (v) =>
    `记录来自备份，要等每个节点都应答才能核实；还缺：${v.missing.join('；')}。请启动它们、移除它们，或指定主节点：${choose(v)}`,
  'restored.foreign': (v) =>
    `记录来自备份，而 ${names(v.nodes)} 带有另一个组或安装的标记：它在此后去了别处。请把它移出这个组，或在它的数据可以不要时用 --overwrite 加入`,
  'restored.follows': (v) => `${v.node} 正跟随 ${v.address}`,
  'restored.followed': (v) => `${v.node} 曾跟随 ${v.address}`,
  'restored.stranger': (v) => `记录来自备份，而 ${v.who.join('、')}，那不是这个组的节点。请加入那个节点，或指定主节点：${choose(v)}`,
  'restored.adopt': (v) =>
    `恢复之后已核实：每个节点都应答并跟随 ${v.primary}${v.before === null ? '' : `，备份里的主节点是 ${v.before}`}${sinceBackup(v)}${risk(v.risk)}`,
  'restored.elect': (v) => `记录来自备份；${v.why}`,
  'restored.promote': (v) => `记录来自备份；提升 ${v.node}：${v.why}${sinceBackup(v)}${risk(v.risk)}`,
  'restored.strangers': (v) => `${v.who.join('、')}，这个组不认识它，它可能持有更多，或仍在接受写入`,
}

const steadyZh: typeof steadySentences = {
  'steady.orderedBy': (v) => `由 ${v.by ?? '操作员'} 下令`,
  'steady.paused': (v) => `已由 ${v.by} 暂停（${v.why}）；主节点${verdict(v.verdict)}。\`regroup resume ${v.group}\` 让它继续`,
  'steady.wouldDo': (v) => `已由 ${v.by} 暂停；否则会：${v.what}`,
  'steady.unheard': (v) => `尚未听到 ${v.primary}`,
  'steady.suspect': (v) => `${v.primary} 没有应答；正在收集证据`,
  'steady.suspectFlapping': (v) => `${v.primary} 没有应答；${v.minutes} 分钟内已有 ${v.failovers} 次故障转移，无应答要持续更久才算数`,
  'steady.unreadable': (v) => `${v.primary} 活着，但应答 ${v.error}：${v.message}。不会因此故障转移；请修复该节点或 regroup 的权限`,
  'steady.unasked': (v) => `无法询问 ${v.primary}：${v.message}`,
  'steady.selfSuspect': (v) => `${v.primary} 无应答，但多数主机也是：不凭无应答作判断`,
  'steady.contested': (v) =>
    `regroup 连不上 ${v.primary}（${failure(v.failure)}），但有副本的连接或前进的位置证明主节点活着：不故障转移。请修复这里到它的网络`,
  'steady.elsewhere': (v) => `${v.spec}（规格里称为 ${v.primary}）上应答的是另一台服务器；${stillFed(v)}`,
  'steady.elsewhereMute': (v) => `${v.spec}（规格里称为 ${v.primary}）无应答；${stillFed(v)}`,
  'steady.unprovable': (v) => `${v.primary} 无应答，regroup 无法让它的副本证明连接（${v.why.join('；')}）。请给 regroup CLIENT KILL 的权限`,
  'steady.unprovableNode': (v) => `${v.node}：${v.message}`,
  'steady.prove': (v) => `连不上 ${v.primary}；${names(v.nodes)} 必须证明与它的连接`,
  'steady.moved': (v) => `主节点已被人手动移到 ${v.primary}，应答的节点都跟随它`,
  'steady.movedInDoubt': (v) => `主节点已被人手动移到 ${v.primary}，应答的节点都跟随它。无从得知其间各自写入了什么：其余节点将重新全量复制`,
  'steady.foreignUpstream': (v) =>
    `${v.primary} 跟随 ${v.address}，那不是这个组的节点。请加入那个节点，或 \`regroup failover ${v.group} --accept-loss --to NODE\``,
  'steady.handover': (v) => `${v.primary} 被别人改成了副本；稍等新的主节点出现`,
  'lost.dead': (v) => `${v.primary} 拒绝连接，没有副本与它相连`,
  'lost.silent': (v) => `${v.primary} 无应答太久，没有副本能证明与它相连`,
  'lost.stranger': (v) => `${v.primary} 不在其地址上（那里应答的是另一台服务器），无应答太久，没有副本能证明与它相连`,
  'lost.restarted': (v) => `${v.primary} 已不是记录中的那个进程`,
  'lost.notPrimary': (v) => `${v.primary} 不再是主节点`,
  'lost.lost': (v) => `${v.primary} 已失去`,
  'lost.elects': (v) => `${v.lead}；${v.why}`,
  'lost.promote': (v) => `${v.lead}；提升 ${v.node}：${v.why}${risk(v.risk)}`,
  'lost.reopen': (v) => `${v.lead}；重新开放 ${v.node}：${v.why}${risk(v.risk)}`,
  'steady.floor': (v) => `暂时无法提升任何节点；已记下读到的 ${v.primary} 的最远位置，以免把较少的数据当成它的全部`,
  'steady.shuttingDown': (v) => `${v.primary} 正在关闭`,
  'steady.latePause': (v) => `解除可能迟到 ${v.primary} 的写入暂停`,
  'steady.hung': (v) => `${v.primary} 有应答但无法写入：${v.why}`,
  'steady.stale': (v) => `操作之后再次询问 ${v.primary}`,
  'steady.resumeWrites': (v) => `让 ${v.primary} 的写入继续`,
  'steady.fenced': (v) => `从现在起 ${v.primary} 启动时带围栏`,
  'steady.unfenced': (v) => `${v.primary} 启动时不再带围栏：它还有副本，它的配置文件现在写的是主节点`,
  'steady.rerooted': (v) => `${v.primary} 的历史有了新的复制 ID`,
  'steady.shrink': (v) => `据 ${v.primary} 所说，已不同步：${names(v.out)}`,
  'steady.relax': (v) => `没有副本同步：${v.primary} 可以在没有副本时写入`,
  'steady.open': (v) => `${v.primary} 开放写入`,
  'steady.tryFile': (v) => `试试现在能否写 ${v.primary} 的配置文件`,
  'steady.bootFence': (v) => `把启动围栏写入 ${v.primary} 的配置文件`,
  'steady.hasData': () => '这个组现在有数据了',
  'steady.tighten': (v) => `${v.primary} 只有在 ${v.guard} 个副本跟得上时才写入`,
  'steady.guarded': (v) => `${v.primary} 已有 guard`,
  'steady.replayed': (v) =>
    `${names(v.nodes)} 回来时持有的数据比以前少，并自行跟随 ${v.primary}；此前有主节点崩溃过，没有任何日志是完整的：将重新全量复制`,
  'steady.doubted': (v) =>
    `被人改成了主节点，或由（或可能由）这样的节点供给数据，与 ${v.primary} 并存于同一段历史中：${names(v.nodes)}。除非它接任主节点，否则无论位置如何，都重新全量复制`,
  'steady.misled': (v) => `${names(v.nodes)} 跟随的节点所持有的数据与 ${v.primary} 的不同，或曾经不同：无论位置如何，都重新全量复制`,
  'steady.strayed': (v) => `${names(v.nodes)} 自行跟随 ${v.primary}，却持有它没有的数据：将重新全量复制`,
  'steady.newcomer': (v) => `${names(v.nodes)} 在恢复之后加入这个组，并自行跟随 ${v.primary}；无从得知它持有什么：将重新全量复制`,
  'steady.uncopied': (v) => `${names(v.nodes)} 首次尝试失败，没有全量复制就跟随了 ${v.primary}：将再次要求全量复制`,
  'steady.copies': (v) => `将从 ${v.primary} 重新全量复制，复制结束之前存疑：${names(v.nodes)}`,
  'steady.resolved': (v) => `已重新全量复制，不再存疑：${names(v.nodes)}`,
  'steady.grow': (v) => `已同步：${names(v.nodes)}`,
  'steady.healthy': (v) => `${v.primary} 是主节点，纪元 ${v.epoch}`,
}

const plannedZh: typeof plannedSentences = {
  'switchover.cannot': (v) => `${v.why}；${v.refusal}`,
  'switchover.begin': (v) => `${v.why}；切换到 ${v.node}`,
  'planned.nobodyTakesOver': () => '没有节点可以接替',
  'planned.nobodyPreferred': () => '没有更优先的节点',
  'planned.nothing': () => '没有预定的切换',
  'planned.maintenance': (v) => `${v.primary} 在维护中`,
  'planned.failback': (v) => `按优先级首选 ${v.node}，它已同步 ${v.seconds} s`,
  'planned.scheduled': (v) => `由 ${v.by} 预定${v.why === '' ? '' : `（${v.why}）`}`,
  'planned.refused': (v) => `没有切换，尽管${v.asked}：${v.why}`,
  'planned.late': (v) => `预定时间已过去 ${v.minutes} 分钟，不再有人等它`,
  'planned.paused': (v) => `这个组已由 ${v.by} 暂停`,
  'plan.moving': (v) => `正在${v.phase === 'failover' ? '故障转移' : '切换'}到 ${v.node}；请等它结束`,
  'plan.restored': () => '记录来自备份，尚未核实；`regroup explain` 会说明在等什么',
  'plan.primaryLost': (v) => `主节点 ${v.primary} ${verdict(v.verdict)}；计划内切换需要它正常`,
  'plan.already': (v) => `${v.node} 已经是主节点`,
  'plan.inMaintenance': (v) => `${v.node} 在维护中；\`regroup maintain ${v.group}/${v.node} --end\` 可结束维护`,
  'plan.noneMay': (v) => `已同步的（${names(v.nodes)}）都不允许提升：优先级 0 或维护中`,
  'plan.noneInSync': () => '没有连接正常且已同步的副本。此时切换会丢数据；请等它追上',
  'plan.notInSync': (v) => `${v.node} 没有在连接正常的情况下同步；已同步的是 ${names(v.nodes)}。切换到它会丢数据；请等它追上`,
  'switchover.done': (v) => `${v.node} 已接替 ${v.before}，没有丢失任何数据`,
  'switchover.tooLong': (v) => `切换到 ${v.node} 用时太久：${v.primary} 仍是主节点，写入继续`,
  'switchover.noCandidate': (v) => `切换到 ${v.node} 时候选节点不在了：${v.primary} 仍是主节点，写入继续`,
  'switchover.fence': (v) => `${v.node} 已重启且处于开放状态，而旧主节点可能已在跟随它：加围栏`,
  'switchover.pause': (v) => `暂停 ${v.primary} 的写入`,
  'switchover.demote': (v) => `把 ${v.primary} 降级`,
  'switchover.waiting': (v) => `正在切换到 ${v.node}：等它拥有 ${v.primary} 的全部数据`,
}

const failoverZh: typeof failoverSentences = {
  'failover.unread': () => '没有候选节点的读数',
  'failover.done': (v) => `${v.node} 是主节点，纪元 ${v.epoch}${risk(v.risk)}`,
  'failover.returning': (v) => `${v.primary} 又有应答了，还没有提升任何节点：再问它一次`,
  'failover.recovered': (v) => `还没有提升任何节点，${v.primary} 又有应答了：它仍是主节点`,
  'failover.fence': () => '给候选进程以外的开放主节点加围栏',
  'failover.closing': (v) => `等待 ${v.node} 停止接受写入`,
  'failover.unfenced': (v) => unfenced(v, '`REPLICAOF`'),
  'failover.unfencedByAccess': (v) => unfenced(v, '`ACL` 和改变角色'),
  'failover.refuses': (v) => `${v.node} 拒绝被提升（${v.message}）`,
  'failover.surpassed': (v) => `候选节点 ${v.node} 尚未收到指令，而持有更多数据的节点回来了`,
  'failover.candidateGone': (v) => `候选节点 ${v.node} 不在了`,
  'failover.detach': () => '让副本脱离无应答的主节点',
  'failover.detaching': (v) => `等待 ${names(v.nodes)} 脱离无应答的主节点`,
  'failover.consent': () => '提升之前再问一次副本',
  'failover.promote': (v) => `提升 ${v.node}，暂不开放`,
  'failover.risk': (v) => `仍然提升 ${v.node}${risk(v.risk)}`,
  'failover.waiting': (v) => `等待 ${v.node}`,
  'failover.waitingRefused': (v) => `等待 ${v.node}（${v.message}）`,
}

const nodeZh: typeof nodeSentences = {
  'node.cutOlder': (v) => `了结以前的控制器可能留给 ${v.node} 的命令`,
  'node.fenceReturned': (v) => `${v.node} 重启后是开放的：在弄清它持有什么之前加围栏`,
  'node.primary': (v) => `${v.node} 是记录中的主节点`,
  'node.queueDemotion': (v) => `降级命令等着 ${v.node} 醒来`,
  'node.down': (v) => `${v.node} 已停机`,
  'node.mute': (v) => `${v.node} 没有应答`,
  'node.newerLed': (v) =>
    `${v.node} 脱离 ${v.upstream}：它带有纪元 ${v.epoch ?? '?'}，而记录只到 ${v.recorded}；${v.upstream} 得到的数据会把它覆盖`,
  'node.feedsNewer': (v) => `在 ${v.later} 脱离 ${v.node} 之前，${v.node} 不跟随任何节点：${v.later} 带有更新的纪元`,
  'node.feedsNewerSilent': (v) =>
    `${v.node} 不跟随任何节点：它的副本 ${v.later} 没有应答，带有纪元 ${v.epoch ?? '?'}，而记录只到 ${v.recorded}；它一回来就会被覆盖。请启动 ${v.later}，或放弃它持有的数据：\`regroup node remove ${v.group} ${v.later}\``,
  'node.newer': (v) =>
    `${v.node} 带有纪元 ${v.epoch ?? '?'}，而记录只到 ${v.recorded}：它可能持有更新的数据。请选择：\`regroup failover ${v.group} --accept-loss --to NODE\``,
  'node.foreign': (v) =>
    `${v.node} 持有不属于这个组的数据。请清空它，或 \`regroup node remove ${v.group} ${v.node}\` 之后再用 --overwrite 加入`,
  'node.foreignOpen': (v) =>
    `${v.node} 正在接受写入，持有的数据不属于这个组：${v.group} 的客户端若还往那里写，写入就丢了。它可能是别人的服务器，所以没有关闭它。如果不是，请停掉并清空它，或 \`regroup node remove ${v.group} ${v.node}\` 之后再用 --overwrite 加入`,
  'node.fenceMeanwhile': (v) => `${v.node} 不是记录中的主节点：先关闭，直到可以跟随 ${v.primary}`,
  'node.fence': (v) => `${v.node} 不是记录中的主节点：已加围栏`,
  'node.madePrimary': (v) => `${v.node} 被别人改成了主节点；稍等另一个跟随它`,
  'node.ledAway': (v) => `${v.node} 被别人引到另一个节点；稍等接下来的动作`,
  'node.still': (v) => `${v.node} 已关闭并脱离，以便看清它持有什么`,
  'node.ring': (v) => `${v.node} 已关闭，不再跟随任何节点：它和它的副本互相跟随，谁都无法被引开`,
  'node.awaitsCopy': (v) =>
    `${v.node} 脱离 ${v.primary}：复制之前它就消失了（或无法读取），回到该地址的节点可能什么都没有，会覆盖 ${v.node} 的数据`,
  'node.outlives': (v) => `${v.node} 脱离 ${v.primary}：后者重启后成了别的节点的副本，持有的数据更少，会覆盖 ${v.node} 的数据`,
  'node.mend': (v) => `${v.node} 脱离 ${v.primary}：${v.why}`,
  'node.stillAgain': (v) => `再次要求 ${v.node} 关闭写入并断开复制`,
  'node.mayFollow': (v) => `${v.node} 可以跟随`,
  'node.unrecorded': (v) => `${v.node} 将从 ${v.primary} 重新全量复制：写入记录之后就通知它`,
  'node.fed': (v) => `${v.node} 保持关闭，待其自身的副本全部离开后再跟随 ${v.primary}`,
  'node.demote': (v) => `${v.node} 成为 ${v.primary} 的副本`,
  'node.demoteCopy': (v) => `${v.node} 通过全量复制成为 ${v.primary} 的副本`,
  'node.follow': (v) => `${v.node} 跟随 ${v.primary}`,
  'node.followCopy': (v) => `${v.node} 通过全量复制跟随 ${v.primary}`,
  'node.discarding': (v) => `${v.what}；丢弃${v.discards}`,
  'discards.part': () => '一份复制的一部分',
  'discards.log': (v) => `它日志里的 ${v.bytes} 字节`,
  'discards.stream': (v) => `它复制流里的 ${v.bytes} 字节`,
  'discards.unknown': () => '多少不明：它的位置无法比较',
  'discards.untold': () => '只有它持有的数据：没有什么能说明那是什么',
  'discards.crashed': () => '它自己的日志可能不知道的写入：它作为主节点崩溃过',
  'node.persist': (v) => `${v.node} 把角色写入配置文件`,
  'node.persistCut': (v) => `${v.node} 把角色写入配置文件；断开它的客户端`,
  'node.settled': (v) => `${v.node} 已安定`,
  'link.gaveUp': () => '它的位置不合，它已放弃',
  'link.otherId': () => '它的复制 ID 不同，被拒之门外',
  'link.copyOpen': () => '复制没有结束，尽管连接正常',
  'link.unanswered': (v) => `它等待主节点的答复已超过 ${v.seconds} s`,
  'link.stuck': (v) => `主节点正常，而它的连接已断开超过 ${v.seconds} s`,
  'rejoin.answer': (v) => `等待 ${names(v.nodes)} 的应答`,
  'rejoin.mark': (v) => `等待 ${v.primary} 带上纪元 ${v.epoch ?? '?'} 的标记`,
  'rejoin.lesser': (v) => `${v.primary} 持有的比 ${v.node} 少。${yields(v)}`,
  'rejoin.part': (v) => `${v.primary} 只有一次复制的一部分，${v.node} 可能持有它缺少的数据。${yields(v)}`,
  'rejoin.left': (v) => `${v.node} 刚离开 ${v.primary}：等旧连接关闭`,
  'rejoin.wait': (v) => `等待 ${v.primary}`,
  'rejoin.ask': (v) => `再次询问 ${v.primary}`,
  'rejoin.further': (v) => `${v.node} 比它的主节点 ${v.primary} 多 ${v.bytes} 字节：复制会抹掉这些数据。${yields(v)}`,
}

export const groupZh = { ...newZh, ...steadyZh, ...plannedZh, ...failoverZh, ...nodeZh }
