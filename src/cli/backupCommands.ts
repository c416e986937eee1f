// `regroup backup`, `restore` and `export`: the store as a file, a file as the store, and what was asked for as YAML.
import { createWriteStream } from 'node:fs'
import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { UserError } from '../errors.ts'
import type { Spec } from '../server/schemas.ts'
import { backupText, exportText, restoredText } from './backupText.ts'
import { sessionOf } from './session.ts'
import { specPath } from './specCommands.ts'

export function backupCommands(): Command[] {
  return [backupCommand(), restoreCommand(), exportCommand()]
}

function backupCommand(): Command {
  return new Command('backup')
    .description('a consistent copy of the store, while the server runs')
    .argument('<file>', 'a new file; it gets the mode 0600')
    .action(async (file: string, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const part = `${file}.part`
      let begun = false
      try {
        const pieces = await session.client.download('/api/v1/backup')
        const out = createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }).once('open', () => (begun = true))
        await pipeline(Readable.from(pieces), out)
        const { inspectCopy } = await import('../adapters/store/restore.ts')
        const facts = inspectCopy(part)
        // Not a rename: a backup that is there stays.
        linkSync(part, file)
        session.show({ file: resolve(file), ...facts }, () => backupText(file, facts))
      } catch (error) {
        throw fileProblem(error, file, part)
      } finally {
        if (begun) rmSync(part, { force: true })
      }
    })
}

interface RestoreOptions {
  readonly store?: string
  readonly config?: string
}

function restoreCommand(): Command {
  return new Command('restore')
    .description('make a backup the store of a server that is stopped; the store that is there is kept')
    .argument('<file>', 'what `regroup backup` wrote')
    .option('--config <file>', 'regroup.yaml of the server, for the place of its store')
    .option('--store <dir>', 'the directory of the store')
    .action(async (file: string, options: RestoreOptions, command: Command) => {
      const session = sessionOf(command)
      const [{ loadSettings }, { restoreStore }] = await Promise.all([import('./settings.ts'), import('../adapters/store/restore.ts')])
      const dir = options.store ?? loadSettings(options.config).settings.store.path
      const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
      const restored = restoreStore(resolve(file), dir, stamp)
      session.show(restored, () => restoredText(file, restored))
    })
}

function exportCommand(): Command {
  return new Command('export')
    .description('all groups as `apply` reads them')
    .argument('[file]', 'a new file; stdout when not given')
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const spec = await session.client.get<Spec>(specPath)
      if (file === undefined) return session.show(spec, () => exportText(spec))
      try {
        writeFileSync(file, exportText(spec), { flag: 'wx' })
      } catch (error) {
        throw fileProblem(error, file, file)
      }
      return session.show({ file: resolve(file), revision: spec.revision }, () => `revision ${spec.revision} is in ${file}\n`)
    })
}

function fileProblem(error: unknown, file: string, part: string): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  if (error instanceof UserError || code === undefined) return error
  if (code === 'EEXIST')
    return new UserError('BAD_INPUT', `${file} is there already${file === part ? '' : ` (or ${part})`}; name a new file`)
  return new UserError('BAD_INPUT', `${file} cannot be written (${code})`)
}
