// A script as the commands of one write, and its replies as the script's own.
import type { Script } from '../engines/engine.ts'
import { RespError, type RespValue, isArray } from '../resp/value.ts'
import type { Answer } from './outcome.ts'

/** What leaves for a script: as it is, or between MULTI and EXEC. */
export function commandsOf(script: Script): readonly (readonly string[])[] {
  return script.transaction ? [['MULTI'], ...script.commands, ['EXEC']] : script.commands
}

/**
 * The replies of a script from the replies to `commandsOf(script)`: of a transaction the elements of EXEC.
 * Codes of a refused transaction: that of the first command that was not queued, else of EXEC; PROTOCOL when EXEC gave no list. The message
 * names the command. When MULTI itself was refused, the commands ran each by itself; the message says so.
 */
export function scriptAnswer(script: Script, replies: readonly RespValue[]): Answer {
  if (!script.transaction) return { ok: true, replies }
  const commands = commandsOf(script)
  const exec = replies.at(-1)
  if (isArray(exec)) return { ok: true, replies: exec }
  const refused = replies.findIndex((reply) => reply instanceof RespError)
  const error = replies[refused]
  if (!(error instanceof RespError)) return answered('PROTOCOL', 'EXEC answered with neither a list nor an error')
  const note = refused === 0 ? '; the commands after it ran outside a transaction' : ''
  return answered(error.code, `${nameOf(commands[refused] ?? [])} was refused: ${error.message}${note}`)
}

function answered(code: string, message: string): Answer {
  return { ok: false, failure: { kind: 'answered', code, message } }
}

/** A command without its arguments: they may be secret. */
function nameOf(command: readonly string[]): string {
  const [name = '', first = ''] = command
  return /^(?:CONFIG|CLIENT|SCRIPT|ACL|DEBUG|MEMORY)$/i.test(name) ? `${name} ${first}` : name
}
