// A text that a person reads as a diff: compared with its file, written anew with UPDATE_TRANSCRIPTS=1.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const folder = new URL('./transcripts/', import.meta.url)

/** Fails when the text is not that of test/transcripts/NAME.txt. */
export function golden(name: string, text: string): void {
  const file = new URL(`${name}.txt`, folder)
  if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(file, text)
  assert.ok(existsSync(file), `${file.pathname} is missing: read what UPDATE_TRANSCRIPTS=1 writes, then commit it`)
  assert.equal(text, readFileSync(file, 'utf8'), `the story is another one than in ${file.pathname}`)
}
