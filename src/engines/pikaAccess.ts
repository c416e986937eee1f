// Pika's access list as the fence of a primary: how every user is closed to writes, and given back exactly what he had.
// The list keeps the order in which rules were given; a rule ends an earlier one about the same category or command (docs/pika.md, "The fence").
import { closedGuard, halfClosedGuard } from '../core/limits.ts'
import type { AccessUser } from '../core/model.ts'
import { type RespValue, isArray } from '../resp/value.ts'

type Command = readonly string[]

/**
 * Beside each user that we closed stands one of this name, whom nobody can log in as: his rules are what the other had. He stays when the other
 * is opened: a command that arrives late must not find somebody closed whose rules nobody keeps.
 */
const keeper = 'regroup:keeps:'
/** Nobody takes the second right away alone, so rules that end so were closed by us, and whatever a person says afterwards stands behind it. */
const lastWord = ['-@write', '-clearreplicationid'] as const

/** From the reply to ACL LIST, without passwords, keys and selectors. Null: this version has no access list, or does not show it. */
export function usersOf(list: RespValue | undefined): readonly AccessUser[] | null {
  if (!isArray(list)) return null
  return textsOf(list).flatMap((line) => {
    const [word, name, ...rest] = line.split(' ')
    if (word !== 'user' || name === undefined) return []
    const selectors = rest.findIndex((rule) => rule.startsWith('('))
    const own = selectors === -1 ? rest : rest.slice(0, selectors)
    return [{ name, rules: own.filter((rule) => /^[+-]/.test(rule)) }]
  })
}

/** Whom closing does not stop: what a selector gives is not ended by the rules beside it, and cannot be taken back (docs/pika.md). */
export function unclosable(list: RespValue | undefined): readonly string[] {
  if (!isArray(list)) return []
  return textsOf(list).flatMap((line) => (/\(.*\+.*\)/.test(line) ? [line.split(' ')[1] ?? ''] : []))
}

function textsOf(list: readonly RespValue[]): readonly string[] {
  return list.filter((line) => typeof line === 'string')
}

/** `closedGuard`: nobody may write. 0: nobody is closed by us. Else between the two. */
export function guardOf(users: readonly AccessUser[]): number {
  const all = clientsOf(users)
  if (all.every((user) => isClosed(user, users))) return closedGuard
  return all.some((user) => before(user, users) !== null) ? halfClosedGuard : 0
}

/** What he had is written down before it is taken: cut off anywhere, it can be given back. */
export function closing(users: readonly AccessUser[]): readonly Command[] {
  return clientsOf(users)
    .filter((user) => !isClosed(user, users))
    .flatMap((user) => [
      ['ACL', 'SETUSER', keeper + user.name, 'off', '-@all', ...(before(user, users) ?? user.rules)],
      ['ACL', 'SETUSER', user.name, ...lastWord],
    ])
}

/** A user whom somebody else gave or took the right to write meanwhile keeps what he has. */
export function opening(users: readonly AccessUser[]): readonly Command[] {
  return clientsOf(users).flatMap((user) => {
    const rules = before(user, users)
    return rules === null ? [] : [['ACL', 'SETUSER', user.name, ...rules]]
  })
}

/** Opened for good: nothing of ours stays in the list. */
export function leaving(users: readonly AccessUser[]): readonly Command[] {
  const keepers = users.flatMap(({ name }) => (name.startsWith(keeper) ? [name] : []))
  return keepers.length === 0 ? opening(users) : [...opening(users), ['ACL', 'DELUSER', ...keepers]]
}

/** A user without any rule is one whom Pika lost the rules of: he may do nothing, and is given nothing. */
function clientsOf(users: readonly AccessUser[]): readonly AccessUser[] {
  return users.filter(({ name, rules }) => !name.startsWith(keeper) && rules.length > 0)
}

/** What he had before we closed him, and after it what a person said since. Null: he is not closed by us, or had the very same. */
function before(user: AccessUser, users: readonly AccessUser[]): readonly string[] | null {
  const kept = keptOf(user, users)
  const at = closedAt(user.rules)
  if (kept === undefined || at === -1) return null
  const rules = [...kept.rules, ...user.rules.slice(at + lastWord.length)]
  return rules.join(' ') === user.rules.join(' ') ? null : rules
}

function isClosed(user: AccessUser, users: readonly AccessUser[]): boolean {
  const at = closedAt(user.rules)
  return at !== -1 && at === user.rules.length - lastWord.length && keptOf(user, users) !== undefined
}

function keptOf(user: AccessUser, users: readonly AccessUser[]): AccessUser | undefined {
  return users.find(({ name }) => name === keeper + user.name)
}

/** Where our last word stands. The second right may have been given back, to forget a replication id (P9). */
function closedAt(rules: readonly string[]): number {
  return rules.findIndex((rule, at) => rule === lastWord[0] && rules[at + 1]?.slice(1) === lastWord[1].slice(1))
}
