import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches } from './glob.ts'

test('patterns that clients subscribe with -> the channels they mean, and no others', () => {
  const cases: readonly (readonly [pattern: string, text: string, expected: boolean])[] = [
    ['*', '+switch-master', true],
    ['+switch-master', '+switch-master', true],
    ['switch-master', '+switch-master', false],
    ['[-+]sdown', '+sdown', true],
    ['[-+]sdown', '-sdown', true],
    ['[-+]sdown', '*sdown', false],
    ['+s*', '+slave', true],
    ['+s*', '-slave', false],
    ['*down', '+odown', true],
    ['*down*', 'down', true],
    ['+?down', '+sdown', true],
    ['+?down', '+down', false],
    ['[^-]sdown', '+sdown', true],
    ['[^-]sdown', '-sdown', false],
    ['[a-c]x', 'bx', true],
    ['[c-a]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['\\*x', '*x', true],
    ['\\*x', 'ax', false],
    ['[\\]]', ']', true],
    ['[abc', 'b', true],
    ['', '', true],
    ['', 'a', false],
    ['**', '', true],
  ]
  for (const [pattern, text, expected] of cases) assert.equal(matches(pattern, text), expected, `${pattern} on ${text}`)
})

test('a pattern made to take for ever -> ends', () => {
  assert.equal(matches('*a'.repeat(2_000), 'a'.repeat(1_000)), false)
})
