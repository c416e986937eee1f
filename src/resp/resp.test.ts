import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Decoder, type DecoderOptions, defaultLimits } from './decode.ts'
import { encodeCommands, encodeSimple, encodeValue } from './encode.ts'
import { RespError, RespPush, type RespValue, isArray } from './value.ts'

function decode(bytes: Buffer | string, options: DecoderOptions = {}): { values: readonly RespValue[]; decoder: Decoder } {
  const decoder = new Decoder(options)
  return { values: decoder.push(Buffer.from(bytes)), decoder }
}

/** Cuts the bytes at the places that the numbers name. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
}

function decodeCut(bytes: Buffer, places: readonly number[], options: DecoderOptions = {}): { values: RespValue[]; decoder: Decoder } {
  const decoder = new Decoder(options)
  return { values: cut(bytes, places).flatMap((chunk) => [...decoder.push(chunk)]), decoder }
}

const line = fc.string().map((text) => text.replace(/[\r\n]/g, ''))
const scalar: fc.Arbitrary<RespValue> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big)),
  fc.boolean(),
  fc.constant(null),
  line.map((text) => new RespError(text)),
)
const { value } = fc.letrec<{ value: RespValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 5 }).map((items) => new Set(items)),
  ),
}))
const topLevel = fc.oneof(
  value,
  fc.array(value, { maxLength: 4 }).map((values) => new RespPush(values)),
)
const places = fc.array(fc.nat({ max: 100_000 }), { maxLength: 30 })

/** What RESP2 leaves of a value. */
function flattened(value: RespValue): RespValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return value <= 2n ** 63n - 1n && value >= -(2n ** 63n) ? value : String(value)
  if (typeof value === 'number' && (!Number.isSafeInteger(value) || Object.is(value, -0))) {
    return Object.is(value, -0) ? '-0' : String(value).replace('NaN', 'nan').replace('Infinity', 'inf')
  }
  if (isArray(value)) return value.map(flattened)
  if (value instanceof RespPush) return value.values.map(flattened)
  if (value instanceof Map) return [...value].flatMap(([k, v]) => [flattened(k), flattened(v)])
  if (value instanceof Set) return [...value].map(flattened)
  return value
}

test('resp: any values in RESP3, cut anywhere -> the same values', () => {
  fc.assert(
    fc.property(fc.array(topLevel, { maxLength: 5 }), places, (values, at) => {
      const { values: got, decoder } = decodeCut(Buffer.concat(values.map((one) => encodeValue(one, 3))), at)
      assert.equal(decoder.violation, null)
      assert.equal(decoder.isIdle, true)
      assert.deepEqual(got, values)
    }),
    { numRuns: 500 },
  )
})

test('resp: any values in RESP2, cut anywhere -> the values that RESP2 can say', () => {
  fc.assert(
    fc.property(fc.array(topLevel, { maxLength: 5 }), places, (values, at) => {
      const { values: got, decoder } = decodeCut(Buffer.concat(values.map((one) => encodeValue(one, 2))), at)
      assert.equal(decoder.violation, null)
      assert.deepEqual(got, values.map(flattened))
    }),
    { numRuns: 300 },
  )
})

test('resp: commands of text and bytes, cut anywhere -> the same bytes in arrays', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  )
  fc.assert(
    fc.property(fc.array(fc.array(part, { minLength: 1, maxLength: 5 }), { maxLength: 5 }), places, (commands, at) => {
      const { values } = decodeCut(encodeCommands(commands), at, { bulks: 'bytes' })
      assert.deepEqual(
        values,
        commands.map((command) => command.map((one) => Buffer.from(one))),
      )
    }),
    { numRuns: 300 },
  )
})

test('resp: garbage in any chunks -> never throws, never gives more values than bytes allow, and chunking changes nothing', () => {
  const token = fc.constantFrom(
    '+',
    '-',
    '$',
    '*',
    '%',
    '~',
    '>',
    '|',
    '!',
    '=',
    ':',
    ',',
    '(',
    '#',
    '_',
    '\r\n',
    '\r',
    '\n',
    '1',
    '2',
    '-1',
    'a',
    't',
  )
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(token, { maxLength: 80 }).map((tokens) => Buffer.from(tokens.join(''))),
  )
  const limits = { bulkBytes: 64, lineBytes: 32, depth: 4, elements: 16, valueBytes: 256 }
  fc.assert(
    fc.property(garbage, places, (bytes, at) => {
      const whole = decode(bytes, { limits })
      const pieces = decodeCut(bytes, at, { limits })
      assert.ok(whole.values.length <= bytes.length / 3)
      assert.deepEqual(pieces.values, whole.values)
      // A cut line is told by its first byte before its length is known; both refuse.
      assert.equal(pieces.decoder.violation === null, whole.decoder.violation === null)
      if (whole.decoder.violation === null) return
      assert.deepEqual(whole.decoder.push(Buffer.from('+OK\r\n')), [])
    }),
    { numRuns: 3_000 },
  )
})

test('resp: every type as the protocol page writes it -> its value', () => {
  const cases: readonly (readonly [string, RespValue])[] = [
    ['+OK\r\n', 'OK'],
    ['+\r\n', ''],
    ['+a\rb\nc\r\n', 'a\rb\nc'],
    ['-ERR unknown\r\n', new RespError('ERR unknown')],
    [':-42\r\n', -42],
    [':+7\r\n', 7],
    [':0\r\n', 0],
    [':9007199254740993\r\n', 9007199254740993n],
    [':-9223372036854775808\r\n', -(2n ** 63n)],
    ['$5\r\nhello\r\n', 'hello'],
    ['$0\r\n\r\n', ''],
    ['$-1\r\n', null],
    ['*-1\r\n', null],
    ['*0\r\n', []],
    ['*3\r\n:1\r\n$-1\r\n*1\r\n+x\r\n', [1, null, ['x']]],
    ['_\r\n', null],
    ['#t\r\n', true],
    ['#f\r\n', false],
    [',1.23\r\n', 1.23],
    [',10\r\n', 10],
    [',-1.5e-7\r\n', -1.5e-7],
    [',inf\r\n', Infinity],
    [',-inf\r\n', -Infinity],
    [',nan\r\n', NaN],
    [',-nan\r\n', NaN],
    ['(3492890328409238509324850943850943825024385\r\n', 3492890328409238509324850943850943825024385n],
    ['(12\r\n', 12],
    ['!21\r\nSYNTAX invalid syntax\r\n', new RespError('SYNTAX invalid syntax')],
    ['=15\r\ntxt:Some string\r\n', 'Some string'],
    [
      '%2\r\n+first\r\n:1\r\n+second\r\n:2\r\n',
      new Map<RespValue, RespValue>([
        ['first', 1],
        ['second', 2],
      ]),
    ],
    ['%0\r\n', new Map()],
    ['~3\r\n+a\r\n:1\r\n#t\r\n', new Set<RespValue>(['a', 1, true])],
    ['>2\r\n+message\r\n+hi\r\n', new RespPush(['message', 'hi'])],
    ['|1\r\n+ttl\r\n:3600\r\n+value\r\n', 'value'],
    ['|0\r\n+value\r\n', 'value'],
    ['*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n:5\r\n:6\r\n', [5, 6]],
    ['|1\r\n+a\r\n|1\r\n+b\r\n+c\r\n+d\r\n+value\r\n', 'value'],
  ]
  for (const [bytes, expected] of cases) {
    const { values, decoder } = decode(bytes)
    assert.deepEqual([values, decoder.violation, decoder.isIdle], [[expected], null, true], JSON.stringify(bytes))
  }
  assert.equal(new RespError('WRONGPASS invalid pair').code, 'WRONGPASS')
  assert.equal(new RespError('ERR').code, 'ERR')
})

test('resp: bytes that are not RESP -> a violation that says which rule', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['HTTP/1.1 400 Bad Request\r\n', 'TYPE'],
    ['SSH-2.0', 'TYPE'],
    ['\r\n', 'TYPE'],
    [':1.5\r\n', 'NUMBER'],
    [':\r\n', 'NUMBER'],
    [':9223372036854775808\r\n', 'NUMBER'],
    ['$-2\r\n', 'NUMBER'],
    ['$5x\r\n', 'NUMBER'],
    ['$?\r\n', 'NUMBER'],
    ['%-1\r\n', 'NUMBER'],
    ['#x\r\n', 'NUMBER'],
    ['_x\r\n', 'NUMBER'],
    [',1,5\r\n', 'NUMBER'],
    ['(1.5\r\n', 'NUMBER'],
    ['$2\r\nabc\r\n', 'ENDING'],
    ['=3\r\ntxt\r\n', 'FORMAT'],
    ['=5\r\nabcde\r\n', 'FORMAT'],
    ['*1\r\n>1\r\n+a\r\n', 'TYPE'],
  ]
  for (const [bytes, code] of cases) {
    const { values, decoder } = decode(`+before\r\n${bytes}`)
    assert.deepEqual([values, decoder.violation?.code], [['before'], code], JSON.stringify(bytes))
    assert.deepEqual(decoder.push(Buffer.from('+after\r\n')), [])
  }
})

test('resp: each limit met exactly -> a value; passed by one -> a violation that names it', () => {
  const limits = { bulkBytes: 10, lineBytes: 20, depth: 3, elements: 6, valueBytes: 40 }
  const cases: readonly (readonly [string, string, string])[] = [
    [`$10\r\n${'x'.repeat(10)}\r\n`, '$11\r\n', 'BULK_TOO_LONG'],
    [`!10\r\n${'x'.repeat(10)}\r\n`, '!11\r\n', 'BULK_TOO_LONG'],
    [`+${'x'.repeat(19)}\r\n`, `+${'x'.repeat(20)}\r\n`, 'LINE_TOO_LONG'],
    [`+${'x'.repeat(19)}\r\n`, `+${'x'.repeat(22)}`, 'LINE_TOO_LONG'],
    ['*1\r\n*1\r\n*1\r\n:1\r\n', '*1\r\n*1\r\n*1\r\n*1\r\n', 'TOO_DEEP'],
    [`*6\r\n${':1\r\n'.repeat(6)}`, '*7\r\n', 'TOO_MANY_ELEMENTS'],
    [`%3\r\n${':1\r\n'.repeat(6)}`, '%4\r\n', 'TOO_MANY_ELEMENTS'],
    ['*2\r\n*2\r\n:1\r\n:1\r\n*2\r\n:1\r\n:1\r\n', '*3\r\n*3\r\n:1\r\n:1\r\n:1\r\n*1\r\n', 'TOO_MANY_ELEMENTS'],
    [
      `*2\r\n$10\r\n${'x'.repeat(10)}\r\n+${'x'.repeat(12)}\r\n+\r\n`,
      `*2\r\n$10\r\n${'x'.repeat(10)}\r\n+${'x'.repeat(19)}\r\n`,
      'VALUE_TOO_LONG',
    ],
    [`*3\r\n$9\r\n${'x'.repeat(9)}\r\n:1\r\n$9\r\n`, `*3\r\n$9\r\n${'x'.repeat(9)}\r\n:1234\r\n$10\r\n`, 'VALUE_TOO_LONG'],
  ]
  for (const [good, bad, code] of cases) {
    assert.equal(decode(good, { limits }).decoder.violation, null, JSON.stringify(good))
    assert.equal(decode(bad, { limits }).decoder.violation?.code, code, JSON.stringify(bad))
  }
  const { values } = decode(`+${'x'.repeat(19)}\r\n`.repeat(10), { limits })
  assert.equal(values.length, 10, 'the limit is of one value, not of the stream')
})

test('resp: a bulk announced but not sent -> holds no memory for it', () => {
  const decoders: Decoder[] = []
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 100; i++) decoders.push(decode(`$${defaultLimits.bulkBytes}\r\nx`).decoder)
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024)
  assert.equal(decoders.filter((decoder) => decoder.violation === null).length, 100)
})

/** Bytes copied are what would be quadratic; counting them does not depend on the machine's speed. */
test('resp: a long bulk or line byte by byte -> the work grows with the length, not with its square', (t) => {
  const copied = (length: number, bytes: (length: number) => Buffer): number => {
    let sum = 0
    const original = Buffer.prototype.copy
    const spy = t.mock.method(Buffer.prototype, 'copy', function copy(this: Buffer, ...args: Parameters<Buffer['copy']>): number {
      const count = original.apply(this, args)
      sum += count
      return count
    })
    const whole = bytes(length)
    const decoder = new Decoder()
    for (let i = 0; i < whole.length; i++) decoder.push(whole.subarray(i, i + 1))
    assert.equal(decoder.violation, null)
    assert.equal(decoder.isIdle, true)
    spy.mock.restore()
    return sum
  }
  const bulk = (length: number): Buffer => Buffer.from(`$${length}\r\n${'x'.repeat(length)}\r\n`)
  const status = (length: number): Buffer => Buffer.from(`+${'\r'.repeat(length)}\r\n`)
  for (const shape of [bulk, status]) {
    const count = copied(50_000, shape)
    assert.ok(count > 50_000, 'the count counts')
    assert.ok(count < 4 * 50_000, String(count))
  }
})

test('resp: a bulk of one character cut inside its UTF-8 sequence -> the character', () => {
  const { values } = decodeCut(Buffer.from('$4\r\n\u{1F40D}\r\n'), [5, 6, 7])
  assert.deepEqual(values, ['\u{1F40D}'])
})

test('resp: bulks wanted as bytes -> Buffers that do not share the memory of the chunk', () => {
  const chunk = Buffer.from('*2\r\n$2\r\n\xff\x00\r\n+OK\r\n', 'latin1')
  const [got] = new Decoder({ bulks: 'bytes' }).push(chunk)
  chunk.fill(0)
  assert.deepEqual(got, [Buffer.from([0xff, 0]), 'OK'])
})

test('resp: line ends in a status or an error -> spaces, so that nobody can forge a reply', () => {
  assert.equal(encodeSimple('a\r\n+b').toString(), '+a  +b\r\n')
  assert.equal(encodeValue(new RespError('ERR a\r\n:1'), 3).toString(), '-ERR a  :1\r\n')
})
