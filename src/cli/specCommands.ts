// Commands that change the spec: group, node, apply.
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { ApplyResult } from '../controller/facade.ts'
import { UserError } from '../errors.ts'
import type { EffectivePolicy, Spec } from '../server/schemas.ts'
import type { ApplyBody, GroupInput, NodeInput } from '../server/specSchemas.ts'
import { appliedText, policyText, specText } from './changesText.ts'
import { readSpecFile } from './file.ts'
import { sessionOf } from './session.ts'
import type { Session } from './session.ts'
import { addGroup, addNode, groupIn, nodesOf, policyIn, removeGroup, removeNode } from './specEdits.ts'
import type { Edit } from './specEdits.ts'
import { maxFileBytes } from './yamlText.ts'

export interface ChangeOptions {
  readonly dryRun?: boolean
  readonly why?: string
}

/** Two names for one option: people say either. */
export const whyOption = ['--reason, --why <text>', 'stands in the history'] as const
export const specPath = '/api/v1/spec'
/** Somebody else may write between reading and writing; more often than this it is a storm. */
const attempts = 3

export function specCommands(): Command[] {
  return [groupCommand(), nodeCommand(), applyCommand()]
}

export function changing(command: Command): Command {
  return command.option('--dry-run', 'only say what would change').option(...whyOption)
}

function groupCommand(): Command {
  const group = new Command('group').description('add, remove and show replication groups')
  changing(group.command('add <name>'))
    .description('watch a new group')
    .requiredOption('--node <name=host:port>', 'a node; once for each', collect)
    .addOption(new Option('--engine <engine>', 'what the nodes run').choices(['redis', 'valkey', 'pika']).default('redis'))
    .option('--credential <name>', 'an entry of credentials in regroup.yaml')
    .option('--tls', 'speak TLS to the nodes')
    .option('--policy <key=value...>', 'waits and limits of this group')
    .action(async (name: string, options: AddOptions, command: Command) => {
      await edit(sessionOf(command), addGroup(groupOf(name, options)), options, `group add ${name}`)
    })
  changing(group.command('remove <name>'))
    .description('leave a group alone from now on; its nodes keep their data and roles')
    .action(async (name: string, options: ChangeOptions, command: Command) => {
      await edit(sessionOf(command), removeGroup(name), options, `group remove ${name}`)
    })
  group
    .command('show <name>')
    .description('the group as `apply` reads it')
    .option('--policy', 'every wait and limit in force instead, and where it comes from')
    .action(async (name: string, options: { policy?: boolean }, command: Command) => {
      const session = sessionOf(command)
      if (options.policy === true) {
        const policy = await session.client.get<EffectivePolicy>(`/api/v1/groups/${encodeURIComponent(name)}/policy`)
        return session.show(policy, () => policyText(policy, session.paint))
      }
      const found = groupIn(await session.client.get<Spec>(specPath), name)
      return session.show(found, () => specText([found]))
    })
  return group
}

interface AddOptions extends ChangeOptions {
  readonly node: readonly string[]
  readonly engine: string
  readonly credential?: string
  readonly tls?: boolean
  readonly policy?: readonly string[]
}

function groupOf(name: string, options: AddOptions): GroupInput {
  return {
    name,
    engine: options.engine as NonNullable<GroupInput['engine']>,
    ...(options.credential === undefined ? {} : { credential: options.credential }),
    ...(options.tls === true ? { tls: true } : {}),
    ...(options.policy === undefined ? {} : { policy: policyIn(options.policy) }),
    nodes: nodesOf(options.node),
  }
}

interface NodeOptions extends ChangeOptions {
  readonly priority?: number
  readonly site?: string
  readonly overwrite?: boolean
}

function nodeCommand(): Command {
  const node = new Command('node').description('add and remove nodes of a group')
  changing(node.command('add <group> <name> <address>'))
    .description('add a node; it becomes a replica of the primary')
    .option('--priority <n>', 'the lowest wins a tie, 0 is never promoted', wholeNumber)
    .option('--site <name>', 'where it stands')
    .option('--overwrite', 'whatever it holds may be overwritten')
    .action(async (group: string, name: string, address: string, options: NodeOptions, command: Command) => {
      await edit(sessionOf(command), addNode(group, nodeOf(name, address, options)), options, `node add ${group} ${name}`)
    })
  changing(node.command('remove <group> <name>'))
    .description('leave a node alone from now on')
    .action(async (group: string, name: string, options: ChangeOptions, command: Command) => {
      await edit(sessionOf(command), removeNode(group, name), options, `node remove ${group} ${name}`)
    })
  return node
}

function nodeOf(name: string, address: string, { priority, site, overwrite }: NodeOptions): NodeInput {
  return {
    name,
    address,
    ...(site === undefined ? {} : { site }),
    ...(priority === undefined ? {} : { priority }),
    ...(overwrite === true ? { overwrite: true } : {}),
  }
}

function applyCommand(): Command {
  return changing(new Command('apply').argument('<file>', 'a YAML file, or - for stdin'))
    .description('make the groups of a file as the file says, all or nothing; others stay')
    .action(async (file: string, options: ChangeOptions, command: Command) => {
      const session = sessionOf(command)
      const wanted = readSpecFile(textOf(file), file === '-' ? 'stdin' : file)
      await send(session, { ...wanted, ...asked(options, `apply ${file}`) })
    })
}

function textOf(file: string): string {
  try {
    const bytes = readFileSync(file === '-' ? 0 : file)
    if (bytes.length > maxFileBytes) throw new UserError('BAD_INPUT', `${file} has more than ${maxFileBytes} bytes`)
    return bytes.toString('utf8')
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError('BAD_INPUT', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Read, change, write if nobody wrote in between, again if somebody did. */
async function edit(session: Session, change: Edit, options: ChangeOptions, why: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const spec = await session.client.get<Spec>(specPath)
    try {
      return await send(session, { ...change(spec), ...asked(options, why), ifRevision: spec.revision })
    } catch (error) {
      const lostRace = error instanceof UserError && error.code === 'REVISION_CONFLICT'
      if (!lostRace || attempt === attempts) throw error
    }
  }
}

async function send(session: Session, body: ApplyBody): Promise<void> {
  const result = await session.client.post<ApplyResult>(specPath, body)
  session.show(result, () => appliedText(result, session.paint))
}

function asked(options: ChangeOptions, why: string): { readonly dryRun: boolean; readonly why: string } {
  return { dryRun: options.dryRun ?? false, why: options.why ?? why }
}

export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

/** For options that take a number; the server judges its range. */
export function wholeNumber(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw new UserError('BAD_INPUT', `${JSON.stringify(text)} is no whole number`)
}
