import type { electSentences } from '../../../../src/core/sentences/elect.ts'
import { names } from './names.ts'

// 谁可以成为主节点，为什么要等，可能丢什么。
export const electZh: typeof electSentences = {
  'elect.asking': (v) => `选举之前再问一次 ${names(v.nodes)}`,
  'elect.better': (v) => `曾看到 ${v.better} 比 ${v.node} 更新：等它 ${v.ms} ms`,
  'elect.inSync': (v) => `${v.node} 已同步，应答的节点里没有比它更新的`,
  'elect.inSyncBehind': (v) => `${v.node} 已同步`,
  'elect.ahead': (v) => `${v.best} 已同步，而应答的 ${v.node} 持有的更多`,
  'elect.diverged': (v) =>
    `${v.node} 和 ${v.rival} 各自持有对方没有的写入。必须由人决定保留谁的：\`regroup failover ${v.group} --accept-loss --to NODE\``,
  'elect.members': (v) => `${v.primary} 带着数据回来了；再等 ${names(v.nodes)} ${v.ms} ms，它们可能持有更多`,
  'elect.returned': (v) => `${v.primary} 是记录中的主节点，带着数据回来了，没有已知更新的数据`,
  'elect.allEmpty': (v) =>
    `所有节点都在，却都是空的，而这个组有过数据。请把备份恢复到其中一个节点，或者从零开始：\`regroup failover ${v.group} --accept-loss\``,
  'elect.barred': (v) =>
    `组里的节点全部到齐，但持有数据的都不能提升：${v.why.join('；')}。请改变这一点，或者照现状提升其中一个：\`regroup failover ${v.group} --accept-loss --to NODE\``,
  'elect.rollCall': (v) => `组里的节点全部到齐，${v.node} 持有的最多`,
  'elect.nobodyHere': (v) => `没有可以提升的节点：${v.why.join('；')}；等待 ${names(v.nodes)}`,
  'elect.nobody': (v) =>
    `应答的节点里，没有一个能确认持有 ${v.primary} 已确认的全部数据：${v.why.join('；')}；等待 ${names(v.nodes)}。` +
    `\`regroup failover ${v.group} --accept-loss\` 会提升在场节点中最好的一个`,
  'elect.noneByOrder': () => '没有可提升的节点应答（优先级为 0、维护中或只复制了一半的节点只有点名才会提升）',
  'elect.namedAbsent': (v) => `${v.node} 没有应答、正在加载，或持有另一个组的数据`,
  'elect.orderEmpty': (v) => `${v.node} 是空的，而 ${v.fuller} 持有数据：提升它会清空整个组`,
  'elect.orderBest': (v) => `操作员接受损失；在应答的节点里 ${v.node} 持有的最多`,
  'elect.orderNamed': (v) => `操作员接受损失；指定了 ${v.node}`,
  'whyNot.down': (v) => `${v.node} 已停机`,
  'whyNot.mute': (v) => `${v.node} 没有应答`,
  'whyNot.foreign': (v) => `${v.node} 持有的数据无法确认属于这个组`,
  'whyNot.loading': (v) => `${v.node} 正在加载数据`,
  'whyNot.refuses': (v) => `${v.node} 拒绝被提升`,
  'whyNot.asked': (v) => `正在再次询问 ${v.node}`,
  'whyNot.partial': (v) => `${v.node} 只有一次复制的一部分`,
  'whyNot.priority': (v) => `${v.node} 的优先级是 0`,
  'whyNot.maintenance': (v) => `${v.node} 在维护中（\`regroup maintain ${v.group}/${v.node} --end\` 可结束维护）`,
  'whyNot.empty': (v) => `${v.node} 是空的`,
  'whyNot.notInSync': (v) => `${v.node} 未曾同步`,
  'whyNot.restarted': (v) => `${v.node} 在同步之后重启过或断开过连接`,
  'whyNot.snapshot': (v) => `${v.node} 从快照启动，可能缺少此后确认过的写入`,
  'whyNot.less': (v) => `就已知情况，${v.node} 回来时持有的比它确认过的少`,
  'elect.splitRisk': (v) =>
    `${v.primary} 无应答，但可能仍在运行${v.nodes.length > 0 ? `（${names(v.nodes)} 也可能与它在一起）` : ''}：此时提升另一个节点，可能出现两个主节点。` +
    `等待它们的迹象；\`regroup failover ${v.group} --accept-loss\` 可另作决定，策略 acceptSplitRisk 可长期设定`,
  'elect.unwatchedBack': (v) =>
    `没有人看到 ${v.primary} 停止，它可能持有任何副本都没有的写入。它回来了，但无法确认这些写入还在；\`regroup failover ${v.group} --accept-loss\` 会提升最好的副本`,
  'elect.unwatched': (v) =>
    `没有人看到 ${v.primary} 停止，它可能持有任何副本都没有的写入。等待 ${v.primary} 回来；如果它不会回来了，\`regroup failover ${v.group} --accept-loss\` 会提升最好的副本`,
  'loss.all': (v) => v.losses.join('；'),
  'loss.down': (v) => `${v.node} 已停机`,
  'loss.noFile': (v) => `${v.node} 无法写配置文件`,
  'loss.back': (v) => `${v.why.join('、')}；如果它启动时只连得上 ${v.primary}，${v.primary} 可能又会接受写入`,
  'loss.ownFile': (v) =>
    `${v.node} 无法写配置文件；如果它启动时只连得上 ${v.primary}，它会重新跟随 ${v.primary}：${v.node} 接受过的写入会丢失，${v.primary} 可能又会接受写入`,
  'loss.clinging': (v) => `${v.primary} 可能仍在接受没有离开它的客户端的写入；这些写入会丢失`,
  'loss.silentBefore': (v) => `${v.primary} 在失去之前就已无应答：它可能接受过任何副本都没有的写入`,
  'loss.unwatched': (v) => `没有人看到 ${v.primary} 停止：它可能接受过任何副本都没有的写入`,
  'loss.better': (v) => `曾看到 ${v.node} 持有更多，但它没有回来`,
  'loss.open': (v) => `${v.primary} 重启后未加围栏，此后可能接受过写入`,
  'loss.absent': (v) => `${names(v.nodes)} 没有及时回来，可能持有更多`,
  'loss.incomplete': (v) => `没有节点能确认持有 ${v.primary} 已确认的全部数据`,
  'loss.partial': (v) => `${v.node} 只有一次复制的一部分，其余的会丢失`,
  'loss.discarded': (v) => `${names(v.nodes)} 中超出 ${v.node} 的部分会被丢弃`,
  'loss.heldBack': (v) => `${names(v.nodes)} 持有更多，但不允许提升（优先级 0、维护中，或只有一次复制的一部分）`,
  'loss.refuses': (v) => `${names(v.nodes)} 持有更多，但拒绝被提升`,
  'loss.blind': (v) => `${v.node} 与 ${names(v.nodes)} 的位置无法比较，标记只能精确到约一秒`,
  'loss.short': (v) => `最后读到 ${v.primary} 时，它比现在的 ${v.node} 多 ${v.bytes} 字节：这部分以及它之后接受的写入已经丢失`,
  'loss.shortItself': (v) => `最后读到 ${v.primary} 时，它比现在多 ${v.bytes} 字节：这部分以及它之后接受的写入已经丢失`,
  'loss.takenUnseen': (v) => `没有人一直看着 ${v.primary} 直到它停止：它最后接受的写入可能丢失`,
}
