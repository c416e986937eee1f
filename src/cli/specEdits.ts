// The small edits of a spec: read what is there, give what shall be. Pure; the server judges the rest.
import { UserError } from '../errors.ts'
import type { Spec } from '../server/schemas.ts'
import type { ApplyBody, GroupInput, NodeInput } from '../server/specSchemas.ts'

export type Edit = (spec: Spec) => Pick<ApplyBody, 'groups' | 'remove'>

/** Throws UNKNOWN_GROUP. */
export function groupIn(spec: Spec, name: string): GroupInput {
  const group = spec.groups.find((candidate) => candidate.name === name)
  if (group !== undefined) return group
  const known = spec.groups.length === 0 ? 'there is none yet' : '`regroup status` lists them'
  throw new UserError('UNKNOWN_GROUP', `there is no group ${JSON.stringify(name)}; ${known}`)
}

/** Throws GROUP_EXISTS. */
export function addGroup(group: GroupInput): Edit {
  return (spec) => {
    if (!spec.groups.some((other) => other.name === group.name)) return { groups: [group] }
    throw new UserError(
      'GROUP_EXISTS',
      `group ${group.name} exists; change it with \`regroup node add\`, \`regroup node remove\` or \`regroup apply\``,
    )
  }
}

export function removeGroup(name: string): Edit {
  return (spec) => ({ remove: [groupIn(spec, name).name] })
}

/** Throws NODE_EXISTS. */
export function addNode(name: string, node: NodeInput): Edit {
  return (spec) => {
    const group = groupIn(spec, name)
    const other = group.nodes.find((candidate) => candidate.name === node.name)
    if (other !== undefined) {
      throw new UserError('NODE_EXISTS', `group ${name} has a node ${node.name} at ${other.address}; give the new one another name`)
    }
    return { groups: [{ ...group, nodes: [...group.nodes, node] }] }
  }
}

/** Throws UNKNOWN_NODE and GROUP_TOO_SMALL. */
export function removeNode(name: string, node: string): Edit {
  return (spec) => {
    const group = groupIn(spec, name)
    const nodes = group.nodes.filter((candidate) => candidate.name !== node)
    if (nodes.length === group.nodes.length) {
      throw new UserError(
        'UNKNOWN_NODE',
        `group ${name} has no node ${JSON.stringify(node)}; it has ${group.nodes.map((other) => other.name).join(', ')}`,
      )
    }
    if (nodes.length === 0)
      throw new UserError('GROUP_TOO_SMALL', `${node} is the last node of ${name}; remove the group with \`regroup group remove ${name}\``)
    return { groups: [{ ...group, nodes }] }
  }
}

/** ["a=127.0.0.1:6379", ...] to nodes. Throws BAD_INPUT. */
export function nodesOf(texts: readonly string[]): NodeInput[] {
  return texts.map((text) => {
    const { key, value } = pairOf(text, '--node', 'a=127.0.0.1:6379')
    return { name: key, address: value }
  })
}

/** ["guard=on", "silentAfterMs=900"] to a policy; the server judges keys and values. Throws BAD_INPUT. */
export function policyIn(texts: readonly string[]): NonNullable<GroupInput['policy']> {
  const pairs = texts.map((text) => pairOf(text, '--policy', 'silentAfterMs=900'))
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]))
}

function pairOf(text: string, option: string, example: string): { readonly key: string; readonly value: string } {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new UserError('BAD_INPUT', `${option} ${text}: write it as ${option} ${example}`)
  return { key: text.slice(0, at), value: text.slice(at + 1) }
}

function valueOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
