// A password as it is typed, unseen, or as a line of stdin. Never an argument.
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UserError } from '../errors.ts'

/** Lines that were piped to us; more than one password may stand there. */
let piped: AsyncIterator<string> | null = null

/** What was typed after `prompt`. Throws BAD_INPUT when there is nothing. */
export async function readPassword(prompt: string): Promise<string> {
  const line = process.stdin.isTTY ? await typed(prompt) : await nextLine()
  if (line === '') throw new UserError('BAD_INPUT', 'no password was given; type it, or pipe it to stdin')
  return line
}

/** A new one: typed twice on a terminal. */
export async function readNewPassword(name: string): Promise<string> {
  const password = await readPassword(`new password of ${name}: `)
  if (process.stdin.isTTY && (await readPassword('again: ')) !== password)
    throw new UserError('BAD_INPUT', 'these were two different passwords; nothing was changed')
  return password
}

async function typed(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  // The echo is the interface's own work; it is sent nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new UserError('BAD_INPUT', 'interrupted; nothing was changed')))
      lines.once('close', () => resolve(''))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

async function nextLine(): Promise<string> {
  piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const { value, done } = await piped.next()
  return done === true ? '' : value
}
