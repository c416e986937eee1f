import type { releaseSentences } from '../../../../src/core/sentences/release.ts'

// 移除一个组时，把主节点交还的结果。
export const releaseZh: typeof releaseSentences = {
  'release.unreachable': () =>
    '连不上它的主节点：写着 "replicaof 127.0.0.1 1" 的配置文件保持原样，min-replicas-to-write 也保持设置；请手工改正',
  'release.never': () => '它从未被接管：它的节点没有任何改变',
  'release.done': (v) => `${v.node} 恢复了普通的配置文件，没有 guard`,
  'release.kept': (v) =>
    `${v.node} 保留着启动围栏（${v.why}）：请手工在它上面执行 REPLICAOF NO ONE、CONFIG SET min-replicas-to-write 0 和 CONFIG REWRITE`,
}
