// Against the simulated access list, which keeps rules as a real one does: proof/contract asks that of a real one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PikaUsers } from '../sim/pikaUsers.ts'
import { closedGuard, halfClosedGuard } from '../core/limits.ts'
import type { AccessUser } from '../core/model.ts'
import { closing, guardOf, leaving, opening, usersOf } from './pikaAccess.ts'

const on = ['on', 'nopass', '~*', '&*']

function list(users: PikaUsers): readonly AccessUser[] {
  return usersOf(users.lines()) ?? []
}

function say(users: PikaUsers, commands: readonly (readonly string[])[]): void {
  for (const [, verb, name = '', ...rest] of commands) {
    if (verb === 'DELUSER') users.delete([name, ...rest])
    else assert.equal(users.set(name, rest), null)
  }
}

const close = (users: PikaUsers): void => say(users, closing(list(users)))
const open = (users: PikaUsers): void => say(users, opening(list(users)))
/** Without those in whom regroup keeps what others had. */
const shown = (users: PikaUsers): string[] => users.lines().filter((line) => !line.includes('regroup:'))

/** Rules that closing changes in every way: the same words later, earlier, the other way round. */
const people: Readonly<Record<string, readonly string[]>> = {
  all: ['+@all'],
  reads: ['+@read'],
  writes: ['+@read', '+@write'],
  some: ['+@read', '+set', '+del'],
  butSet: ['+@all', '-@write', '+set'],
  notAny: ['+@all', '-@write'],
  forgets: ['+@all', '-@write', '+clearreplicationid'],
  asClosed: ['+@all', '-@write', '-clearreplicationid'],
  nothing: ['-@all'],
}

function crowd(): PikaUsers {
  const users = new PikaUsers()
  for (const [name, rules] of Object.entries(people)) assert.equal(users.set(name, [...on, ...rules]), null)
  return users
}

test('closed -> nobody may write and everybody may read what he could; opened -> each has exactly what he had', () => {
  const users = crowd()
  const before = shown(users)
  const reads = list(users).map(({ name }) => users.may(name, 'get', 'read'))
  for (let round = 0; round < 3; round++) {
    close(users)
    const names = list(users).filter(({ name }) => !name.startsWith('regroup:'))
    assert.equal(guardOf(list(users)), closedGuard)
    for (const { name } of names) assert.equal(users.may(name, 'set', 'write'), false, name)
    assert.deepEqual(
      names.map(({ name }) => users.may(name, 'get', 'read')),
      reads,
    )
    assert.deepEqual(closing(list(users)), [], 'closed again, nothing is to be done')
    open(users)
    assert.equal(guardOf(list(users)), 0)
    assert.deepEqual(shown(users), before)
  }
  say(users, leaving(list(users)))
  assert.deepEqual(users.lines(), before, 'nothing of ours stays')
})

test('cut off after any command of closing or opening -> the next look closes or opens the rest, and each has what he had', () => {
  const before = shown(crowd())
  const whole = closing(list(crowd())).length
  for (let cut = 0; cut <= whole; cut++) {
    const users = crowd()
    say(users, closing(list(users)).slice(0, cut))
    assert.equal(guardOf(list(users)), cut < 2 ? 0 : cut === whole ? closedGuard : halfClosedGuard)
    close(users)
    assert.equal(guardOf(list(users)), closedGuard)
    say(users, opening(list(users)).slice(0, cut))
    open(users)
    assert.deepEqual(shown(users), before)
  }
})

test('opening comes late, between the two commands of a closing -> what he had is still kept', () => {
  const users = crowd()
  const before = shown(users)
  close(users)
  const late = opening(list(users))
  for (const command of closing(list(crowd()))) {
    say(users, late)
    say(users, [command])
  }
  open(users)
  assert.deepEqual(shown(users), before)
})

test('a person takes the right to write away, or gives it, while everybody is closed -> opening does not give it back, nor take it', () => {
  const users = crowd()
  close(users)
  users.set('all', ['-@write'])
  users.set('reads', ['+@write'])
  assert.equal(guardOf(list(users)), halfClosedGuard)
  open(users)
  assert.equal(users.may('all', 'set', 'write'), false)
  assert.equal(users.may('reads', 'set', 'write'), true)
  assert.equal(users.may('writes', 'set', 'write'), true)
})

test('a person takes another right while he is closed, and he is closed again -> that right stays away, the others come back', () => {
  const users = crowd()
  close(users)
  users.set('all', ['-get'])
  close(users)
  assert.equal(guardOf(list(users)), closedGuard)
  open(users)
  assert.deepEqual(list(users).find(({ name }) => name === 'all')?.rules, ['+@all', '-get'])
})

test('somebody is put into the list while it is closed -> between closed and open, until he is closed too', () => {
  const users = crowd()
  close(users)
  users.set('dave', [...on, '+@all'])
  assert.equal(guardOf(list(users)), halfClosedGuard)
  close(users)
  assert.equal(users.may('dave', 'set', 'write'), false)
  assert.equal(guardOf(list(users)), closedGuard)
})

test('a person closed everybody, not we -> not closed by us, and never opened', () => {
  const users = new PikaUsers()
  for (const name of ['default', 'limit']) users.set(name, ['-@write'])
  assert.equal(guardOf(list(users)), 0)
  assert.deepEqual(opening(list(users)), [])
})
