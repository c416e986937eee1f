import type { policyEn } from './policy.en.ts'

export const policyZh: Readonly<Record<keyof typeof policyEn, string>> = {
  'policy.about.probeEveryMs': '平静的节点多久询问一次',
  'policy.about.silentAfterMs': '沉默多久才算数；进程崩溃不需要等它',
  'policy.about.retryDownMs': '多快能发现一个回来的节点',
  'policy.about.actionTimeoutMs': '一次角色变更最多多久',
  'policy.about.inSyncMaxLagBytes': '落后多少仍算同步：一次故障转移可能丢失的量',
  'policy.about.parallelSyncs': '同时从主节点做全量复制的节点数',
  'policy.about.canaryEveryMs': '多久写一次标记',
  'policy.about.canaryTimeoutMs': '这次写入多久没有结果就认为主节点挂住了',
  'policy.about.betterCandidateMs': '故障转移为曾经数据更多的节点等多久',
  'policy.about.switchoverDeadlineMs': '计划内切换最多让写入等多久',
  'policy.about.flapFailovers': '窗口内强制故障转移达到这个次数后，沉默要持续 10 倍时间',
  'policy.about.flapWindowMs': '比这更早的故障转移不再计数',
  'policy.about.guard': '没有副本跟上时主节点是否拒绝写入',
  'policy.about.bootFence': '重启的主节点是否保持关闭，直到 regroup 打开它',
  'policy.about.acceptSplitRisk': '主节点只是沉默时是否替换它',
  'policy.about.acceptStaleRisk': '没人看到主节点停止时是否仍然提升',
  'policy.about.failback': '首选节点是否自动重新成为主节点',
  'policy.about.failbackAfterMs': '在此之前必须保持同步多久',
  'policy.about.failbackWindow': '配合 failback: window 使用；默认 UTC，也可在空格后写时区',
}
