import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { makeCertificates } from '../../test/servers/certificates.ts'
import { UserError } from '../errors.ts'
import { readSpecFile } from './file.ts'
import { loadSettings } from './settings.ts'

function problemsIn(text: string): readonly string[] {
  try {
    readSpecFile(text, 'g.yaml')
  } catch (error) {
    assert.ok(error instanceof UserError && error.code === 'BAD_SPEC' && error.exitCode === 2, String(error))
    assert.match(error.message, /^g\.yaml has (a problem|\d+ problems); nothing was changed$/)
    return error.details
  }
  return []
}

test('file: every key that there is -> read as written', () => {
  const text = `
groups:
  - name: orders
    engine: valkey
    credential: main
    tls: true
    policy: { guard: auto, silentAfterMs: 1000 }
    nodes:
      - { name: a, address: "127.0.0.1:6379", site: s1, priority: 100, overwrite: false }
      - { name: b, address: "[::1]:6379" }
remove: [old-group]
`
  assert.deepEqual(readSpecFile(text, 'g.yaml'), {
    groups: [
      {
        name: 'orders',
        engine: 'valkey',
        credential: 'main',
        tls: true,
        policy: { guard: 'auto', silentAfterMs: 1000 },
        nodes: [
          { name: 'a', address: '127.0.0.1:6379', site: 's1', priority: 100, overwrite: false },
          { name: 'b', address: '[::1]:6379' },
        ],
      },
    ],
    remove: ['old-group'],
  })
})

test('file: mistakes of every kind -> all of them, each with line, column, path and a way out', () => {
  const text = `# two groups
groups:
  - name: orders
    engine: reddis
    polcy: {}
    policy: { guard: aut, silentAfterMs: 500, probeEveryMs: 1 }
    nodes:
      - { name: a, address: "127.0.0.1:6379" }
      - { name: a, adress: "127.0.0.1:6380" }
      - name: b
        address: 127.0.0.1
        name: c
  - name: billing
    policy: { silentAfterMs: 700 }
    nodes:
      - { name: x, address: 127.0.0.1:6379, priority: "5" }
      - { name: y, address: 127.0.0.1:6379 }
remove: billing
`
  assert.deepEqual(problemsIn(text), [
    'g.yaml:4:13 groups[0].engine: is "reddis"; it must be one of redis, valkey, pika; did you mean "redis"?',
    'g.yaml:5:5 groups[0].polcy: unknown key "polcy"; did you mean "policy"?',
    'g.yaml:6:22 groups[0].policy.guard: is "aut"; it must be one of auto, on, off; did you mean "auto"?',
    'g.yaml:6:42 groups[0].policy.silentAfterMs: group orders: silentAfterMs is 500, but must be at least 750, three times probeEveryMs (250): one lost answer is not a death',
    'g.yaml:6:61 groups[0].policy.probeEveryMs: is 1; it must be 20 to 10000 ms: faster only burdens the node, slower cannot notice a death in time',
    'g.yaml:9:9 groups[0].nodes[1].address: is missing; it must be host:port, an IPv6 address in brackets: "127.0.0.1:6379", "[::1]:6379"',
    'g.yaml:9:20 groups[0].nodes[1].adress: unknown key "adress"; did you mean "address"?',
    'g.yaml:11:18 groups[0].nodes[2].address: is "127.0.0.1"; it must be host:port, an IPv6 address in brackets: "127.0.0.1:6379", "[::1]:6379"',
    'g.yaml:12:9 this key is there twice',
    'g.yaml:14:30 groups[1].policy.silentAfterMs: group billing: silentAfterMs is 700, but must be at least 750, three times probeEveryMs (250): one lost answer is not a death',
    'g.yaml:16:55 groups[1].nodes[0].priority: is "5"; it must be 0 (never promoted) to 1000000, the lowest wins a tie; 100 when not given',
    'g.yaml:17:29 groups[1].nodes[1].address: node y of group billing is 127.0.0.1:6379, which is node a of group orders',
    'g.yaml:18:9 remove: is "billing"; it must be a list of names of groups',
  ])
})

test('file: broken syntax, two documents, a lost alias, nothing at all -> said with its place', () => {
  assert.deepEqual(problemsIn('groups: [\n a: b'), [
    'g.yaml:2:6 flow sequence in block collection must be sufficiently indented and end with a ]',
  ])
  assert.deepEqual(problemsIn('remove: [a]\n---\nremove: [b]\n'), ['g.yaml:2:1 a second document begins here; one file holds one document'])
  assert.match(problemsIn('remove: *x\n').join(), /^g\.yaml:1:1 unresolved alias|^g\.yaml:1:1 Unresolved alias/)
  assert.deepEqual(problemsIn(''), ['g.yaml:1:1 is empty; it must be a mapping with groups, policies or remove'])
  assert.deepEqual(problemsIn('groups:\n'), ['g.yaml:1:8 groups: is empty; it must be a list of groups, each in its whole wanted state'])
  assert.deepEqual(problemsIn('groups: [{name: a, nodes: [{name: n, address: "h:1"}]}]\nremove: [a]\n'), [
    'g.yaml:1:17 groups[0].name: group a stands under "remove" too; say one of both',
  ])
})

test('file: aliases that multiply without end -> refused, not computed', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`)
  assert.match(problemsIn(lines.join('\n')).join(), /Excessive alias count/)
})

// ---------------------------------------------------------------------------------------- settings

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'regroup-settings-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function written(t: TestContext, text: string, mode = 0o600): string {
  const file = join(directory(t), 'regroup.yaml')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

function refused(file: string, env = {}): readonly string[] {
  try {
    loadSettings(file, env)
  } catch (error) {
    assert.ok(error instanceof UserError && error.code === 'BAD_SETTINGS', String(error))
    return error.details.length === 0 ? [error.message] : error.details.map((line) => line.slice(file.length))
  }
  return []
}

test('settings: no file -> the defaults, frozen', () => {
  const { settings, file, warnings } = loadSettings(undefined, {})
  assert.deepEqual(settings, {
    listen: { http: '127.0.0.1:7070', certificate: null, plainHttp: false, sentinel: null },
    store: { kind: 'embedded', path: join(process.cwd(), '.regroup') },
    log: { level: 'info' },
    credentials: {},
    tls: { ca: null, cert: null, key: null, verify: true },
    defaults: {},
    doctor: { everyMs: 600_000, ignore: [] },
  })
  assert.deepEqual([file, warnings], [null, []])
  assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.listen) && Object.isFrozen(settings.credentials))
})

test('settings: every key -> read; secrets from a text, a file, the environment; paths beside the file', (t) => {
  const file = written(
    t,
    `
listen: { http: "127.0.0.1:7071", cert: own.pem, key: own.key, plainHttp: true, sentinel: "127.0.0.1:26380" }
store: { kind: embedded, path: ./store }
log: { level: warn }
credentials:
  main: { username: admin, password: "p 1", next: { passwordEnv: SECRET } }
  file: { passwordFile: secret.txt }
  env: { passwordEnv: SECRET }
tls: { ca: ca.pem, verify: false }
defaults: { silentAfterMs: 900, guard: on }
doctor: { everyMs: 60000, ignore: [persistence.none] }
`,
  )
  const beside = (name: string): string => join(file, '..', name)
  writeFileSync(beside('secret.txt'), 'from a file\nsecond line\n')
  writeFileSync(beside('ca.pem'), 'PEM')
  const own = makeCertificates()
  t.after(() => own.remove())
  copyFileSync(own.certFile, beside('own.pem'))
  copyFileSync(own.keyFile, beside('own.key'))
  const { settings, warnings } = loadSettings(file, { SECRET: 'from outside' })
  assert.deepEqual(settings, {
    listen: {
      http: '127.0.0.1:7071',
      certificate: { cert: beside('own.pem'), key: beside('own.key') },
      plainHttp: true,
      sentinel: '127.0.0.1:26380',
    },
    store: { kind: 'embedded', path: beside('store') },
    log: { level: 'warn' },
    credentials: {
      main: { username: 'admin', password: 'p 1', next: 'from outside' },
      file: { username: null, password: 'from a file', next: null },
      env: { username: null, password: 'from outside', next: null },
    },
    tls: { ca: 'PEM', cert: null, key: null, verify: false },
    defaults: { silentAfterMs: 900, guard: 'on' },
    doctor: { everyMs: 60_000, ignore: ['persistence.none'] },
  })
  assert.deepEqual(warnings, [])
})

test('settings: mistakes of every kind -> all of them with their places, and no secret among them', (t) => {
  const file = written(
    t,
    'listn: {}\nlog: { level: warm }\ncredentials:\n  main: { password: 4711 }\n  both: { password: a, passwordEnv: B }\n  none: {}\n  then: { password: a, next: { username: x, passwordEnv: B, password: c } }\n  more: { password: a, next: {} }\ntls: { cert: x }\ndefaults: { probeEveryMs: 400 }\ndoctor: { everyMs: 5, ignore: [persistence.non] }\n',
  )
  assert.deepEqual(refused(file), [
    ':1:1 listn: unknown key "listn"; did you mean "listen"?',
    ':2:15 log.level: is "warm"; it must be one of debug, info, warn, error; did you mean "warn"?',
    ':4:21 credentials.main.password: is not of the right form; it must be a text; put it in quotes',
    ':5:9 credentials.both: needs exactly one of password, passwordFile and passwordEnv, not 2',
    ':6:9 credentials.none: needs exactly one of password, passwordFile and passwordEnv, not 0',
    ':7:32 credentials.then.next.username: unknown key "username"; known are password, passwordFile, passwordEnv',
    ':8:30 credentials.more.next: needs exactly one of password, passwordFile and passwordEnv, not 0',
    ':9:6 tls: cert and key belong together; give both or neither',
    ':10:27 defaults.probeEveryMs: silentAfterMs is 1000, but must be at least 1200, three times probeEveryMs (400): one lost answer is not a death',
    ':11:20 doctor.everyMs: is 5; it must be 10000 to 86400000 ms: how often each group is examined; 600000 when not given',
    ':11:32 doctor.ignore[0]: is "persistence.non"; it must be the id of a check; docs/doctor.md lists them; did you mean "persistence.none"?',
  ])
})

test('settings: a secret that is not there, a PEM that is not there, no such file -> said', (t) => {
  const file = written(t, 'credentials:\n  a: { passwordEnv: NOPE }\n  b: { passwordFile: nope.txt }\ntls: { ca: nope.pem }\n')
  const lines = refused(file)
  assert.equal(lines[0], ':2:21 credentials.a.passwordEnv: the environment variable NOPE is not set')
  assert.match(lines[1] ?? '', /^:3:22 credentials\.b\.passwordFile: .*nope\.txt cannot be read: it is not there$/)
  assert.match(lines.at(-1) ?? '', /^:4:12 tls\.ca: .*nope\.pem cannot be read: it is not there$/)
  assert.match(refused(join(file, '..', 'other.yaml')).join(), /other\.yaml cannot be read: it is not there/)
})

test('settings: others can read a file with a password -> a warning; without one -> none', (t) => {
  const secret = 'credentials: { main: { password: secret } }\n'
  const [warning] = loadSettings(written(t, secret, 0o644), {}).warnings
  assert.match(warning ?? '', /holds a password \(main\) and others on this machine can read it; chmod 600/)
  assert.doesNotMatch(warning ?? '', /secret/)
  assert.deepEqual(loadSettings(written(t, secret, 0o600), {}).warnings, [])
  assert.deepEqual(loadSettings(written(t, 'log: { level: info }\n', 0o644), {}).warnings, [])
  assert.deepEqual(loadSettings(written(t, '', 0o644), {}).settings.listen.http, '127.0.0.1:7070')
})
