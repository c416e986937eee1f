import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldOf, keysOf } from './info.ts'

const section = '# Replication\r\nrole:slave\r\nmaster_host:::1\r\nslave_repl_offset:7\r\nempty:\r\nlast:9'

test('a field of INFO -> its value; a colon in it stays, and the last line needs no end', () => {
  assert.equal(fieldOf(section, 'role'), 'slave')
  assert.equal(fieldOf(section, 'master_host'), '::1')
  assert.equal(fieldOf(section, 'empty'), '')
  assert.equal(fieldOf(section, 'last'), '9')
})

test('a field that is not there, or only the end of another name -> undefined', () => {
  for (const name of ['master_port', 'repl_offset', '# Replication', 'slave']) assert.equal(fieldOf(section, name), undefined, name)
})

test('a name that stands in other names and values before -> the value of its own line', () => {
  const before = '# offset:1\r\nsecond_offset:2\r\noffset_of:3\r\nfile:/offset:4\r\noffset:5\r\noffset:6\r\n'
  assert.equal(fieldOf(before, 'offset'), '5')
  assert.equal(fieldOf('offset:1\r\n', 'offset'), undefined)
})

test('keys of several databases -> their sum; no database -> none', () => {
  assert.equal(keysOf('# Keyspace\r\ndb0:keys=2,expires=0,avg_ttl=0\r\ndb12:keys=40,expires=1,avg_ttl=9\r\n'), 42)
  assert.equal(keysOf('# Keyspace\r\n'), 0)
})
