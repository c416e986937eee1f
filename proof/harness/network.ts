// Hosts of our own: network namespaces joined by one bridge, with firewall rules between them.
// Everything lives in an unnamed namespace that a process of ours is started in, so nothing is left when its last process ends, whatever
// ends it: no name in /run/netns, no link, no rule on the machine.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { atExit, CannotRun } from './cleanup.ts'
import { found, instead, until } from './wait.ts'

/** The controller speaks from here. */
export const controllerIp = '10.231.0.1'
/** Observers and writers speak from here, so that a rule against the controller leaves them alone. */
export const clientIp = '10.231.0.2'
const insideFlag = 'REGROUP_PROOF_NETWORK'

export interface Host {
  readonly name: string
  readonly ip: string
  /** Put before a command line, it runs on this host. */
  readonly launcher: readonly string[]
}

/** What happens to packets: DROP is silence, REJECT is a refusal that comes at once. */
export type Rule = 'DROP' | 'REJECT'

export function isInsideOwnNetwork(): boolean {
  return process.env[insideFlag] === 'yes'
}

/** Null when this machine and this user can have networks of their own. */
export function whyNoNetworks(): string | null {
  for (const tool of ['setpriv', 'unshare', 'nsenter', 'ip', 'iptables']) {
    if (spawnSync('which', [tool]).status !== 0)
      return `networks of our own need ${tool}; on Debian: apt-get install iproute2 iptables util-linux`
  }
  return spawnSync('unshare', [...enter(), 'true']).status === 0 ? null : 'networks of our own need root, or user namespaces for everybody'
}

function enter(): readonly string[] {
  return process.getuid?.() === 0 ? ['-n'] : ['-rn']
}

/** Runs a TypeScript file in a namespace of its own; its errors go to ours. Gives its exit code and what it printed. */
export async function runInsideOwnNetwork(
  file: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string }> {
  const problem = whyNoNetworks()
  if (problem !== null) throw new CannotRun(problem)
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...enter(), process.execPath, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, [insideFlag]: 'yes' },
  })
  const forget = atExit(() => child.kill('SIGKILL'))
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)))
  forget()
  return { code, stdout }
}

export class Network {
  readonly #hosts: { host: Host; holder: ChildProcess; forget: () => void }[] = []
  #named = 0

  /** Only inside our own namespace. */
  static open(): Network {
    run('ip', 'link', 'set', 'lo', 'up')
    run('ip', 'link', 'add', 'hub', 'type', 'bridge')
    run('ip', 'link', 'set', 'hub', 'up')
    run('ip', 'addr', 'add', `${controllerIp}/24`, 'dev', 'hub')
    run('ip', 'addr', 'add', `${clientIp}/24`, 'dev', 'hub')
    return new Network()
  }

  async host(name: string): Promise<Host> {
    const at = 11 + this.#named++
    // Holds the namespace open; ends by itself when we do, because its input ends.
    const holder = spawn('unshare', ['-n', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
    const pid = holder.pid
    if (pid === undefined) throw new Error(`no namespace for host ${name}`)
    const forget = atExit(() => holder.kill('SIGKILL'))
    const ours = namespaceOf(process.pid)
    await until(`the namespace of host ${name}`, 5_000, () => {
      const its = namespaceOf(pid)
      return its !== '' && its !== ours ? found(its) : instead('not entered yet')
    })
    const host: Host = { name, ip: `10.231.0.${at}`, launcher: ['nsenter', '-t', String(pid), '-n'] }
    run('ip', 'link', 'add', `port${at}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid))
    run('ip', 'link', 'set', `port${at}`, 'master', 'hub', 'up')
    on(host, 'ip', 'link', 'set', 'lo', 'up')
    on(host, 'ip', 'addr', 'add', `${host.ip}/24`, 'dev', 'eth0')
    on(host, 'ip', 'link', 'set', 'eth0', 'up')
    this.#hosts.push({ host, holder, forget })
    return host
  }

  at(ip: string): Host {
    const one = this.#hosts.find(({ host }) => host.ip === ip)
    if (one === undefined) throw new Error(`no host has the address ${ip}`)
    return one.host
  }

  /** From now on what the host hears from `from`, one address or several with commas, is dropped or refused, and what it sends there is dropped too. */
  cut(host: Host, from: string, rule: Rule): void {
    on(
      host,
      'iptables',
      '-A',
      'INPUT',
      '-s',
      from,
      ...(rule === 'REJECT' ? ['-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset'] : ['-j', 'DROP']),
    )
    if (rule === 'DROP') on(host, 'iptables', '-A', 'OUTPUT', '-d', from, '-j', 'DROP')
  }

  /** Connections from `from` to a port of the host reach another port there. Those that are open stay as they are. */
  redirect(host: Host, from: string, port: number, to: number): void {
    const match = ['-p', 'tcp', '-s', from, '--dport', String(port)]
    on(host, 'iptables', '-t', 'nat', '-A', 'PREROUTING', ...match, '-j', 'REDIRECT', '--to-ports', String(to))
  }

  heal(host: Host): void {
    on(host, 'iptables', '-F')
  }

  close(): void {
    for (const one of this.#hosts.splice(0)) {
      one.holder.kill('SIGKILL')
      one.forget()
    }
    run('ip', 'link', 'del', 'hub')
  }
}

/** How a connect from `from` to the address ends: open, refused or silent. */
export function knock(
  from: string,
  address: { readonly host: string; readonly port: number },
  limitMs: number,
): Promise<'open' | 'refused' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, localAddress: from })
    const end = (how: 'open' | 'refused' | 'silent'): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(how)
    }
    const timer = setTimeout(() => end('silent'), limitMs)
    socket.once('connect', () => end('open'))
    socket.once('error', () => end('refused'))
  })
}

function namespaceOf(pid: number): string {
  const link = spawnSync('readlink', [`/proc/${pid}/ns/net`], { encoding: 'utf8' })
  return link.stdout.trim()
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

function on(host: Host, ...command: string[]): void {
  const [file = '', ...args] = [...host.launcher, ...command]
  run(file, ...args)
}
