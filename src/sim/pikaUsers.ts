// The access list of a simulated Pika: its users, and which rules they were given, in their order. A restart forgets it.
import { createHash } from 'node:crypto'

interface User {
  on: boolean
  /** `nopass`, or hashes with a # before them. */
  passwords: readonly string[]
  keys: string
  channels: string
  /** The last one about a category or a command counts. */
  rules: readonly string[]
}

const everything = { on: true, passwords: ['nopass'], keys: '~*', channels: '&*', rules: ['+@all'] } as const

function hashOf(password: string): string {
  return `#${createHash('sha256').update(password).digest('hex')}`
}

export class PikaUsers {
  readonly #users = new Map<string, User>([
    ['default', { ...everything }],
    ['limit', { ...everything }],
  ])

  /** ACL LIST. */
  lines(): string[] {
    return [...this.#users]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, user]) =>
        ['user', name, user.on ? 'on' : 'off', ...user.passwords, user.keys, user.channels, ...user.rules]
          .filter((word) => word !== '')
          .join(' '),
      )
  }

  /** ACL SETUSER: null when it was taken, else what was wrong. */
  set(name: string, words: readonly string[]): string | null {
    const user: User = this.#users.get(name) ?? { on: false, passwords: [], keys: '', channels: 'resetchannels', rules: ['-@all'] }
    const next = { ...user }
    if (!words.every((word) => changed(next, word))) return 'ERR ACL SETUSER modifier Syntax error'
    this.#users.set(name, next)
    return null
  }

  /** ACL DELUSER: how many went, or what was wrong. */
  delete(names: readonly string[]): number | string {
    const kept = names.find((name) => name === 'default' || name === 'limit')
    return kept === undefined ? names.filter((name) => this.#users.delete(name)).length : `ERR The '${kept}' user cannot be removed`
  }

  letsIn(name: string, password: string): boolean {
    const user = this.#users.get(name)
    return user !== undefined && user.on && (user.passwords.includes('nopass') || user.passwords.includes(hashOf(password)))
  }

  may(name: string, command: string, category: 'read' | 'write'): boolean {
    const rule = this.#users.get(name)?.rules.findLast((one) => ['@all', `@${category}`, command].includes(one.slice(1)))
    return rule?.startsWith('+') ?? false
  }
}

function changed(user: User, word: string): boolean {
  const about = word.slice(1)
  if (word === 'on' || word === 'off') user.on = word === 'on'
  else if (word === 'nopass') user.passwords = ['nopass']
  else if (word.startsWith('>')) user.passwords = [...user.passwords.filter((one) => one !== 'nopass'), hashOf(about)]
  else if (word.startsWith('~')) user.keys = word
  else if (word.startsWith('&')) user.channels = word
  else if (/^[+-]@all$/.test(word)) user.rules = [word]
  else if (/^[+-]@?[a-z]+$/.test(word)) user.rules = [...user.rules.filter((rule) => rule.slice(1) !== about), word]
  else return false
  return true
}
