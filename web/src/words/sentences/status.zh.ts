import type { commandSentences } from '../../../../src/core/sentences/command.ts'
import type { statusSentences } from '../../../../src/core/sentences/status.ts'
import { action, names } from './names.ts'

const shownZh: typeof statusSentences = {
  'recovery.copying': () => '正在全量复制',
  'recovery.acknowledges': () => '等待一次超过主节点偏移量的确认',
  'passage.failover': (v) => `从 ${v.from} 到 ${v.to} 的故障转移完成：${v.opened} ms 后开放写入，${v.attached} ms 后其他应答的节点全部跟随`,
  'passage.switchover': (v) => `从 ${v.from} 到 ${v.to} 的切换完成：${v.opened} ms 后开放写入，${v.attached} ms 后其他应答的节点全部跟随`,
  'passage.returned': (v) => `${v.primary} 重新成为主节点：${v.opened} ms 后开放写入，${v.attached} ms 后其他应答的节点全部跟随`,
  'passage.failoverGivenUp': (v) => `从 ${v.from} 到 ${v.to} 的故障转移没有完成就结束了`,
  'passage.switchoverGivenUp': (v) => `从 ${v.from} 到 ${v.to} 的切换已放弃：${v.from} 仍是主节点`,
  'status.reads': () => '正在读取记录',
  'status.unstored': (v) => `${v.what}；没有执行，因为无法存储（${v.message}）`,
  'warning.notInFile': (v) => `${v.node} 的角色没有写进它的配置文件（${v.message}）：请用可写的配置文件启动它，否则重启会恢复旧角色`,
  'warning.noneInSync': (v) => `没有副本同步：如果 ${v.primary} 现在死掉，提升谁都会丢数据`,
  'warning.maintenancePrimary': (v) => `${v.primary} 在维护中却仍是主节点：${v.why}`,
  'warning.unstored': (v) => `决定无法存储，因此都不会执行：${v.message}。请让存储可写；regroup 会自己继续`,
  'warning.uncovered': (v) => `${names(v.nodes)} 在维护中：如果 ${v.primary} 现在死掉，在 \`regroup maintain NODE --end\` 之前没有节点接替`,
  'warning.flapping': (v) => `最近有 ${v.failovers} 次强制故障转移：下一次之前，无应答要持续更久`,
  'warning.empty': (v) => `${v.primary} 是空的，而这个组有过数据`,
  'problem.answered': (v) => `${v.error}：${v.message}`,
  'problem.refused': () => '该地址没有服务在监听',
  'problem.silent': () => '无应答',
  'problem.notInFile': (v) => `角色没有写进配置文件：${v.message}`,
  'problem.trouble': (v) => `拒绝${action(v.action)}：${v.error} ${v.message}`,
  'problem.loading': () => '正在加载数据',
  'problem.foreign': () => '持有不属于这个组的数据',
  text: (v) => v.text,
}

const commandZh: typeof commandSentences = {
  'command.reading': () => '正在读取记录；请重试',
  'command.open': () => '另一条命令正在存储；请看它的结果，然后再试',
  'command.unstored': (v) => `没有存储，什么都没有开始：${v.message}`,
  'command.storeHangs': (v) => `存储已有 ${v.seconds} 秒没有写入任何内容，所以什么都没有开始；请检查它的磁盘，然后再试`,
  'command.unsure': (v) => `存储在 ${v.seconds} 秒内没有说明是否已存储；如果已存储，就会执行：请看 \`regroup status\` 和存储所在的磁盘`,
  'command.noGroup': () => '在开始之前，这个组被移除，或被改成了另一种',
  'command.noNode': (v) => `组 ${v.group} 没有节点 ${v.node}；它有 ${names(v.nodes)}`,
  'command.noPrimary': () => '这个组还没有记录主节点；`regroup explain` 会说明在等什么',
  'command.switchover': (v) => `从 ${v.from} 切换到 ${v.to}；写入会暂停片刻，不丢任何数据`,
  'step.writesWait': (v) => `对 ${v.from} 的写入等到 ${v.to} 拥有全部数据；超过 ${v.ms} ms 就放弃，${v.from} 保持不变`,
  'step.becomesReplica': (v) => `${v.from} 成为 ${v.to} 的副本`,
  'step.othersClosed': () => '其他应答的节点都停止接受写入',
  'step.promoted': (v) => `${v.to} 在纪元 ${v.epoch} 被提升，开始接受写入，并通知客户端`,
  'step.follow': (v) => `${names(v.nodes)} 跟随 ${v.to}`,
}

export const statusZh = { ...shownZh, ...commandZh }
