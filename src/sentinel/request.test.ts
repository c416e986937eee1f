import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCommands } from '../resp/encode.ts'
import { RequestReader } from './request.ts'

test('commands cut anywhere -> the same commands', () => {
  const bytes = encodeCommands([['PING'], ['SENTINEL', 'masters'], ['SUBSCRIBE', '+switch-master']])
  for (let cut = 0; cut <= bytes.length; cut++) {
    const reader = new RequestReader()
    const commands = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]
    assert.deepEqual(commands, [['PING'], ['SENTINEL', 'masters'], ['SUBSCRIBE', '+switch-master']])
    assert.equal(reader.violation, null)
  }
})

test('plain lines, as a balancer writes them, cut anywhere -> commands', () => {
  const bytes = Buffer.from('PING\r\n\r\nSENTINEL  get-master-addr-by-name shop\n')
  for (let cut = 1; cut <= bytes.length; cut++) {
    const reader = new RequestReader()
    const commands = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]
    assert.deepEqual(commands, [['PING'], ['SENTINEL', 'get-master-addr-by-name', 'shop']])
  }
})

test('what is no command, or more than any command -> a violation, and nothing more', () => {
  const wrong = ['*1\r\n:1\r\n', '*1\r\n*0\r\n', '*2000\r\n', '*1\r\n$5000\r\n', 'x'.repeat(5000), '*1\r\n$4\r\nPINGxx', '*x\r\n']
  for (const text of wrong) {
    const reader = new RequestReader()
    reader.push(Buffer.from(text))
    assert.notEqual(reader.violation, null, text.slice(0, 20))
    assert.deepEqual(reader.push(encodeCommands([['PING']])), [])
  }
})

test('an empty command -> passed over', () => {
  assert.deepEqual(new RequestReader().push(Buffer.from('*0\r\n*1\r\n$4\r\nPING\r\n')), [['PING']])
})
