// What several stories wait for.
import { converged } from '../harness/check.ts'
import { type ClientOptions, roleOf } from '../harness/client.ts'
import type { Controller } from '../harness/controller.ts'
import type { Group, Node } from '../harness/servers.ts'
import { found, instead, until } from '../harness/wait.ts'
import type { Ack, Writer } from '../harness/writers.ts'

/** What fails is that it never comes; how long it took is a figure. */
export const limitMs = 20_000

/** Gives the new primary's id as soon as regroup calls it writable. */
export function otherPrimary(controller: Controller, group: Group, old: string): Promise<string> {
  return until(`another primary than ${old}`, limitMs, async () => {
    const status = await controller.api.group(group.id, 1_000)
    if (status === null) return instead('regroup does not answer')
    return status.primary !== null && status.primary !== old && status.writable
      ? found(status.primary)
      : instead(`${status.verdict.rule}: ${status.sentence}`)
  })
}

export async function healthy(controller: Controller, group: Group, client: ClientOptions = {}): Promise<string> {
  return (await until(`group ${group.id} is healthy`, limitMs, () => converged(group, controller.api, client), 10)).primary
}

/** By its own ROLE. */
export function follows(node: Node, primary: Node, linkUp: boolean): Promise<true> {
  const { host, port } = primary.address
  return until(
    `${node.id} follows ${primary.id}`,
    limitMs,
    async () => {
      const role = await roleOf(node.address)
      return role.role === 'replica' && role.of === `${host}:${port}` && (role.linkUp || !linkUp)
        ? found(true)
        : instead(JSON.stringify(role))
    },
    1,
  )
}

/** The first of so many acknowledgements that match. */
export function acknowledged(writer: Writer, since: number, count = 1, by: (ack: Ack) => boolean = () => true): Promise<Ack> {
  return until(
    `${count} writes of ${writer.key} acknowledged`,
    limitMs,
    () => {
      const acks = writer.between(since).filter(by)
      const first = acks[0]
      return first !== undefined && acks.length >= count
        ? found(first)
        : instead(`${acks.length}; last refusal ${JSON.stringify(writer.refusals.at(-1) ?? null)}`)
    },
    1,
  )
}
