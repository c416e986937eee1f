import type { refusalSentences } from '../../../../src/core/sentences/refusal.ts'
import { asked, names, phase } from './names.ts'

// 为什么拒绝一个请求，以及怎么办。
export const refusalZh: typeof refusalSentences = {
  'refusal.who': () => '请说明你是谁：登录（`regroup login NAME`），或者发送令牌（命令行用 REGROUP_TOKEN）',
  'refusal.wrongPassword': () => '名称和密码不相符',
  'refusal.badToken': () =>
    '这个令牌或登录未知、已撤销或已过期：请重新登录（`regroup login NAME`）、忘掉它（`regroup logout`），或者发送另一个令牌',
  'refusal.role': (v) => `这需要 ${v.needed} 角色，而 ${v.name} 的角色是 ${v.role}；请找管理员`,
  'refusal.system': (v) => `这关系到整个服务器，而 ${v.name} 只能访问这些组：${names(v.groups)}`,
  'refusal.reach': (v) => `${v.name} 不能访问组 ${JSON.stringify(v.group)}，只能访问 ${names(v.groups)}`,
  'refusal.reachPolicies': (v) => `这些策略关系到许多组，而 ${v.name} 只能访问这些组：${names(v.groups)}`,
  'refusal.tooMany': (v) => `${asked(v.what)}太多；请在 ${v.seconds} s 后重试`,
  'refusal.loginsWait': () => '等待中的登录太多；请稍后重试',
  'refusal.badBy': () => '请求头 X-Regroup-By 必须是 1 到 64 个可打印 ASCII 字符的名称',
  'refusal.host': (v) => `Host 请求头是 ${v.host}，但在添加用户之前，这个服务器只以 localhost、127.0.0.1 和 [::1] 应答`,
  'refusal.proxied': (v) => `请求头 ${v.header} 表明它是由代理转发的；请先添加用户：\`regroup user add NAME --role admin\``,
  'refusal.origin': (v) => `Origin 请求头是 ${v.origin}；只有这个服务器自己的页面可以发送命令`,
  'refusal.contentType': (v) => `内容类型是 ${v.type}；请发送 application/json，没有内容时发送 {}`,
  'refusal.userExists': (v) => `用户 ${v.name} 已经存在；请修改它`,
  'refusal.usersFull': (v) => `已经有 ${v.most} 个用户；请先移除一个`,
  'refusal.tokensFull': (v) => `已经有 ${v.most} 个令牌；请先撤销一些`,
  'refusal.noToken': (v) => `没有令牌 ${JSON.stringify(v.id)}；\`regroup token list\` 会列出它们`,
  'refusal.noUser': (v) => `没有用户 ${JSON.stringify(v.name)}；\`regroup user list\` 会列出它们`,
  'refusal.firstAdmin': () => '第一个用户必须是所有组的管理员，否则没有人能添加别人：`regroup user add NAME --role admin`',
  'refusal.lastAdmin': () => '这是最后一个管理所有组的管理员；请先指定另一个',
  'refusal.usersChanged': () => '同时有别人修改了用户；请再看一次',
  'refusal.unsure': (v) => `不能确定修改是否已经存储：${v.message}；请再看一次`,
  'refusal.noPassword': (v) => `${v.name} 不是有密码的用户`,
  'refusal.noGroup': (v) => `没有组 ${JSON.stringify(v.group)}`,
  'refusal.noNode': (v) => `组 ${v.group} 没有节点 ${JSON.stringify(v.node)}；它有 ${names(v.names)}`,
  'refusal.noPlace': (v) =>
    `${JSON.stringify(v.whom)} 既不是组 ${v.group} 的节点（它有 ${names(v.names)}），也不是表示整组的 "all"，也不是任何组里节点所在的主机`,
  'refusal.noEntry': (v) => `${v.group} 的历史里没有条目 ${v.seq}；\`regroup history ${v.group}\` 会列出有哪些`,
  'refusal.noRevision': (v) =>
    v.current === 0
      ? `没有修订 ${v.revision}；还没有写过任何修订`
      : `没有修订 ${v.revision}；规格现在是修订 ${v.current}，保留着 ${v.oldest} 到 ${v.current}`,
  'refusal.noRoute': (v) => `没有 ${v.method} ${v.url}；/api/v1/openapi.json 列出了有哪些`,
  'refusal.ifMatch': (v) =>
    `请求头 If-Match 必须是 ${v.ofGroup ? '"epoch-N" 或 "revision-N"' : '"revision-N"'}，即读到的 ETag；这里是 ${v.header}`,
  'refusal.staleSpec': (v) => `规格现在是修订 ${v.now}，而不是你看到的 ${v.known}：${v.by} 修改了它（${v.why}）；请再看一次`,
  'refusal.staleRevision': (v) => `规格现在是修订 ${v.now}，而不是你看到的 ${v.known}；请再看一次`,
  'refusal.staleEpoch': (v) => `${v.group} 现在是纪元 ${v.now}，而不是你看到的 ${v.known}：${v.sentence}；请再看一次`,
  'refusal.since': (v) => `纪元 ${v.epoch}：${v.sentence}`,
  'refusal.keyReused': () => '这个 Idempotency-Key 之前用于另一个请求；请换一个新的',
  'refusal.keyBusy': () => '同一个请求还在进行；请再问一次它的结果',
  'refusal.badKey': () => '请求头 Idempotency-Key 必须是 1 到 100 个不含空格的可打印 ASCII 字符',
  'refusal.readersFull': (v) => `已经有 ${v.most} 个读者在跟随事件；请先关闭一个`,
  'refusal.internal': () => 'regroup 内部出错；它的日志说明了原因',
  'refusal.specChanged': () => '同时有别人修改了规格；请再读一次',
  'refusal.specRevision': (v) => `规格现在是修订 ${v.now}，而不是 ${v.known}；请再读一次`,
  'refusal.specUnstored': (v) => `修改没有存储，规格仍是修订 ${v.revision}：${v.message}`,
  'refusal.specProblems': (v) => `规格有 ${v.count} 个问题`,
  'refusal.problems': (v) => `请求有 ${v.count} 个问题`,
  'refusal.isPrimary': (v) => `${v.node} 是组 ${v.group} 的主节点；请先移走它：\`regroup switchover ${v.group}\``,
  'refusal.isCandidate': (v) => `${v.node} 是组 ${v.group} 的${phase(v.phase)}候选节点；请先移走它：\`regroup switchover ${v.group}\``,
  'refusal.wouldRemove': (v) =>
    `修订 ${v.revision} 里没有 ${names(v.groups)}${v.more === 0 ? '' : `，还有另外 ${v.more} 个`}：` +
    `它${v.groups.length + v.more === 1 ? '' : '们'}将不再有人看管。请用 \`regroup spec diff\` 查看；确实需要时使用 --remove-groups（API：removeGroups）`,
  'refusal.planWhat': () => '请在 ifDies=NODE 和 stop=NODE 中只问一个',
  'refusal.atMissing': () => 'at：缺少；请给出时间，或者取消',
  'refusal.atPast': (v) => `at：${v.at} 已经过去；这里现在是 ${v.now}`,
  'refusal.atFar': (v) => `at：${v.at} 在一年以后`,
  'refusal.underWay': (v) => `到 ${v.node} 的${phase(v.phase)}正在进行；请等它结束`,
  'refusal.noSuccessor': (v) => `${v.node} 是 ${v.group} 的主节点，没有节点可以接替：${v.why}`,
  'refusal.rollMute': (v) => `所有节点都应答时才能开始滚动重启；缺少：${names(v.names)}`,
  'refusal.rollTurn': (v) => `${v.node} 现在不能重启：${v.why}`,
  'refusal.rollEnded': (v) => `${v.group} 的滚动重启刚刚被结束了`,
  'refusal.noRoll': (v) => `${v.group} 没有开始过滚动重启`,
}
