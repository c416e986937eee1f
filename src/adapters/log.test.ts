import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createLog, withoutSecrets, type Log, type LogLevel } from './log.ts'

function logged(level: LogLevel, use: (log: Log) => void): Record<string, unknown>[] {
  const lines: string[] = []
  use(createLog(level, { write: (line: string) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('an event with facts -> one JSON line with level, time, event and facts', () => {
  const [line] = logged('info', (log) => log.info('failover.decided', { group: 'cart', epoch: 7, rule: 'promotion.start' }))
  assert.ok(line !== undefined)
  const { time, ...rest } = line
  assert.deepEqual(rest, { level: 'info', event: 'failover.decided', group: 'cart', epoch: 7, rule: 'promotion.start' })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('a level -> nothing below it; silent -> nothing', () => {
  const all = (log: Log): void => {
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
  }
  assert.deepEqual(
    logged('warn', all).map((line) => line['event']),
    ['c', 'd'],
  )
  assert.deepEqual(
    logged('debug', all).map((line) => line['level']),
    ['debug', 'info', 'warn', 'error'],
  )
  assert.deepEqual(logged('silent', all), [])
})

test('facts of a log -> on every line of it, secrets among them replaced', () => {
  const [line] = logged('info', (log) => log.with({ group: 'cart', password: 'x' }).with({ node: 'a' }).info('node.seen', { node: 'b' }))
  assert.deepEqual([line?.['group'], line?.['node'], line?.['password']], ['cart', 'b', '[secret]'])
})

test('fields that hold secrets by their name -> replaced at any depth and in any case', () => {
  const text = JSON.stringify(
    logged('info', (log) =>
      log.info('x', {
        password: 's3cret',
        nested: { deep: [{ Token: 's3cret', apiKey: 's3cret' }] },
        headers: { Authorization: 'Bearer s3cret', 'set-cookie': 's3cret' },
        clientSecret: ['s3cret'],
        credentials: { cart: { user: 's3cret' } },
        requirepass: 's3cret',
        masterauth: 's3cret',
        auth: 's3cret',
      }),
    ),
  )
  assert.ok(!text.includes('s3cret'), text)
  assert.equal(text.split('[secret]').length - 1, 10)
})

test('facts that only sound alike -> kept', () => {
  const facts = { passed: 3, bypass_count: 1, author: 'ann', group: 'tokyo', hasPassword: true, credential: 'prod' }
  assert.deepEqual(withoutSecrets(facts), facts)
})

test('an error, a bigint, a circle -> a line all the same, without a stack', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const [line] = logged('info', (log) =>
    log.info('x', { error: Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }), big: 12n, circle }),
  )
  assert.deepEqual(line?.['error'], { name: 'Error', message: 'no route', code: 'EHOSTUNREACH' })
  assert.equal(line['big'], '12')
})

test('a process that logs and exits at once -> every line is on stderr, none on stdout', () => {
  const script = `import { createLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
    const log = createLog('info'); for (let n = 0; n < 500; n++) log.info('n', { n }); process.exit(3)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(status, 3)
  assert.equal(stdout, '')
  const lines = stderr.trim().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { n: number }).n),
    Array.from({ length: 500 }, (_, n) => n),
  )
})
