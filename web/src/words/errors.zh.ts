// 每个错误代码的含义，用在服务器只给出英文句子的地方。少一个，编译就不通过。
import type { ErrorCode } from '../../../src/errors.ts'

/** UNREADABLE：有应答，却没有说明原因，例如来自中间的代理。 */
const meanings: Readonly<Record<ErrorCode | 'UNREADABLE', string>> = {
  BAD_INPUT: '请求的形式不对。',
  BAD_SPEC: '这些组不能存储。',
  BAD_SETTINGS: '服务器的设置 regroup.yaml 有错误。',
  UNAUTHENTICATED: '服务器不知道是谁在请求。',
  FORBIDDEN: '你无权这样做。',
  CROSS_SITE: '这个请求看起来来自别的网站的页面。',
  UNKNOWN_GROUP: '没有这个名称的组。',
  UNKNOWN_NODE: '这个组没有这个名称的节点。',
  UNKNOWN_ENTRY: '历史里没有这个条目。',
  UNKNOWN_REVISION: '没有这个修订。',
  UNKNOWN_USER: '没有这个名称的用户。',
  UNKNOWN_TOKEN: '没有这个令牌。',
  UNKNOWN_ROUTE: 'API 没有这个路径或方法。',
  GROUP_EXISTS: '这个名称的组已经存在。',
  NODE_EXISTS: '这个组已经有这个名称的节点。',
  GROUP_TOO_SMALL: '这样组里就没有节点了。',
  NODE_IS_PRIMARY: '这个节点是主节点，或正在成为主节点。',
  USER_EXISTS: '这个名称的用户已经存在。',
  LAST_ADMIN: '这样就没有人能添加用户了。',
  STALE: '你看到的已经不是现在的情况。',
  TOO_MANY: '请求太多，请稍等。',
  REVISION_CONFLICT: '规格在你读过之后被别人修改了。',
  WOULD_REMOVE_GROUPS: '这样有些组将不再有人看管。',
  NOT_NOW: '此刻不行。',
  WOULD_LOSE_DATA: '选中的节点是空的，而另一个节点持有数据。',
  STORE_LOCKED: '存储被另一个 regroup 打开着。',
  STORE_NEWER: '存储由更新版本的 regroup 写入。',
  STORE_BROKEN: '存储无法读写。',
  LISTEN_REFUSED: '无法在这个地址监听。',
  NO_SERVER: '服务器没有应答。',
  INTERNAL: 'regroup 自身出错；它的日志说明了更多。',
  UNREADABLE: '服务器的应答没有说明原因。',
}

/** 比这个页面新的服务器可能有这里不认识的代码。 */
export function meaningOf(code: string): string | null {
  return (meanings as Readonly<Partial<Record<string, string>>>)[code] ?? null
}
