// How people are told to run the server: what is measured is started like that.
import { readFileSync } from 'node:fs'
import { CannotRun } from '../harness/cleanup.ts'

const readme = new URL('../../README.md', import.meta.url)

/** What the systemd unit in README.md gives to node. */
export function flagsOfUnit(): string[] {
  const [, flags] = /^ExecStart=\S+\/node ((?:--\S+ )*)\S+\/main\.ts server /m.exec(readFileSync(readme, 'utf8')) ?? []
  if (flags === undefined) throw new CannotRun('README.md has no unit that starts the server')
  return flags.split(' ').filter((flag) => flag !== '')
}
