// Whether the same seed gives the same transcript: twice in this process, and on another version of Node.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CannotRun } from '../harness/cleanup.ts'
import type { Engines } from '../../src/sim/draw.ts'
import { digestOf } from './digests.ts'

export interface Same {
  readonly seeds: number
  readonly nodes: readonly string[]
  readonly differing: readonly { readonly seed: number; readonly where: string }[]
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** `node`: the path of the other Node; null: the next major version, got into .node-next/ first. Throws CannotRun. */
export function same(from: number, seeds: number, minutes: number, engines: Engines, node: string | null): Same {
  const other = node ?? run(`${root}script/next-node`, []).trim()
  const version = run(other, ['--version']).trim()
  const there = new Map(
    run(other, [`${root}proof/sim/digests.ts`, String(from), String(seeds), String(minutes), engines])
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([seed, digest]) => [Number(seed), digest]),
  )
  const differing: { seed: number; where: string }[] = []
  for (let seed = from; seed < from + seeds; seed++) {
    const here = digestOf(seed, minutes, engines)
    if (digestOf(seed, minutes, engines) !== here) differing.push({ seed, where: 'the second time' })
    if (there.get(seed) !== here) differing.push({ seed, where: `Node ${version}` })
  }
  return { seeds, nodes: [process.version, version], differing }
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) throw new CannotRun(`${command} cannot be started: ${error.message}`)
  if (status !== 0) throw new CannotRun(`${command} ended with ${status}: ${stderr}`)
  return stdout
}
