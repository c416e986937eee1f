// `regroup config check`: what the server would say to its settings, without starting it.
import { Command } from 'commander'
import { safe } from './words.ts'
import { sessionOf } from './session.ts'

export function configCommand(): Command {
  const config = new Command('config').description('the settings of a server')
  config
    .command('check')
    .description('read regroup.yaml and every file and variable it names, as the server does at its start; change nothing')
    .argument('[file]', 'the file; else regroup.yaml in the working directory')
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const { loadToStart } = await import('./settings.ts')
      const { settings, file, warnings } = loadToStart(given)
      const names = Object.keys(settings.credentials)
      const { listen, store } = settings
      const summary = { file, listen, store: store.path, credentials: names, warnings }
      sessionOf(command).show(summary, () => {
        const lines = [
          file === null ? 'there is no regroup.yaml here; the defaults are well' : `${file} is well`,
          `  API ${listen.http}, Sentinel ${listen.sentinel ?? 'off'}, store ${store.path}`,
          `  credentials: ${names.length === 0 ? 'none' : names.join(', ')}`,
          ...warnings.map((warning) => `warning: ${warning}`),
        ]
        return `${lines.map(safe).join('\n')}\n`
      })
    })
  return config
}
