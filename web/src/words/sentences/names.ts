// 句子里反复出现的名称。
import type { Verdict } from '../../../../src/core/diagnose.ts'
import type { Action } from '../../../../src/core/action.ts'
import type { ProbeFailure } from '../../../../src/core/model.ts'
import type { PolicyRange } from '../../../../src/core/policyRanges.ts'

type Names<Name extends string> = Readonly<Record<Name, string>>

const verdicts: Names<Verdict['kind']> = {
  unheard: '尚无消息',
  alive: '正常',
  suspect: '可疑',
  unreadable: '活着但不可读',
  unasked: '无法询问',
  contested: '有争议',
  unproven: '无应答、连接待证明',
  'self-suspect': '无应答（自疑）',
  dead: '已死，已证实',
  silent: '不可达',
  restarted: '已重启',
  'not primary': '不再是主节点',
  hung: '挂起',
  'shutting down': '正在关闭',
}

/** 较新的服务器可能有这里不认识的，原样显示。 */
function known(words: Readonly<Partial<Record<string, string>>>, name: string): string {
  return words[name] ?? name
}

export function verdict(name: string): string {
  return known(verdicts, name)
}

const failures: Names<ProbeFailure['kind'] | 'unheard'> = {
  refused: '拒绝连接',
  closed: '连接被关闭',
  silent: '无应答',
  answered: '应答无法读取',
  unasked: '无法询问',
  unheard: '尚无消息',
}

export function failure(name: string | null): string {
  return name === null ? '无应答' : known(failures, name)
}

const actions: Names<Action['name']> = {
  promote: '提升',
  open: '开放写入',
  guard: '设置 guard',
  demote: '降级',
  follow: '跟随',
  fence: '围栏',
  persist: '写入配置文件',
  bootFence: '写入启动围栏',
  proveLink: '证明连接',
  pauseWrites: '暂停写入',
  resumeWrites: '恢复写入',
  cutOlder: '断开旧连接',
  mark: '写标记',
  release: '归还',
}

export function action(name: string): string {
  return known(actions, name)
}

export function names(ids: readonly string[]): string {
  return ids.length === 0 ? '无人' : ids.join('、')
}

const phases: Names<'failover' | 'switchover'> = { failover: '故障转移', switchover: '切换' }

export function phase(name: string): string {
  return known(phases, name)
}

const units: Names<PolicyRange['unit']> = { ms: 'ms', bytes: '字节', nodes: '个节点', failovers: '次故障转移' }

export function unit(name: string): string {
  return known(units, name)
}

const kinds = { empty: '空的', 'a list': '列表', 'a mapping': '映射', 'not of the right form': '形式不对' } as const

/** 在某处找到的值：它本身的写法，或者它是什么。 */
export function found(value: string): string {
  return known(kinds, value)
}

const tries = { requests: '请求', 'failed logins': '失败的登录', 'unknown tokens': '未知的令牌' } as const

export function asked(name: string): string {
  return known(tries, name)
}
