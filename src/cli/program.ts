// The `regroup` command's program. It holds no logic: it reads what was typed, asks the server, and writes what it said.
import { Command, CommanderError, Option } from 'commander'
import { accountCommands } from './accountCommands.ts'
import { backupCommands } from './backupCommands.ts'
import { doctorCommand } from './doctorCommand.ts'
import { configCommand } from './configCommand.ts'
import { credentialCommand } from './credentialCommands.ts'
import { groupCommands } from './groupCommands.ts'
import { revisionCommand } from './revisionCommands.ts'
import { plannedCommands } from './plannedCommands.ts'
import type { ServerOptions } from './server.ts'
import { reportError } from './session.ts'
import { specCommands } from './specCommands.ts'
import { version } from './version.ts'

const usageError = 2

function program(): Command {
  const root = new Command('regroup')
    .description('Keeps replication groups of Pika, Redis and Valkey available.')
    .version(version)
    .addOption(new Option('--server <url>', 'the server to ask').env('REGROUP_SERVER').default('http://127.0.0.1:7070'))
    .option('--json', 'machine-readable output')
    .showSuggestionAfterError()
  for (const command of [
    serverCommand(),
    ...groupCommands(),
    ...specCommands(),
    revisionCommand(),
    ...backupCommands(),
    credentialCommand(),
    configCommand(),
    doctorCommand(),
    ...plannedCommands(),
    ...accountCommands(),
  ])
    root.addCommand(command)
  return throwing(root)
}

/** Usage errors are thrown, so that one place chooses the exit code. Subcommands do not inherit this by themselves. */
function throwing(command: Command): Command {
  command.exitOverride()
  for (const sub of command.commands) throwing(sub)
  return command
}

function serverCommand(): Command {
  return new Command('server')
    .description('watch the groups and serve the API')
    .option('--config <file>', 'regroup.yaml with the settings of this process')
    .option('--listen <address>', 'host:port of the API; beyond this machine only when there are users')
    .option('--store <dir>', 'where the record is kept')
    .action(async (options: ServerOptions) => {
      // Read when it is needed: the other commands start faster without the server's libraries.
      const [{ collectAlone }, { runServer }] = await Promise.all([import('../adapters/collector.ts'), import('./server.ts')])
      collectAlone()
      await runServer(options)
    })
}

/** Does what was typed; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const root = program()
  try {
    await root.parseAsync(argv, { from: 'user' })
    // A command whose answer is "no" says so by its exit code beside the answer.
    return Number(process.exitCode ?? 0)
  } catch (error) {
    // Commander has written its own sentence; help and version come this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError
    return reportError(error, root.opts<{ json?: boolean }>().json ?? false)
  }
}

// A reader that had enough (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
