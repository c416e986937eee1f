// What Pika's INFO means: 3.5.0 to 3.5.5 and 4.0.x. The facts and the numbers of the traps are in docs/pika.md.
import { nowhere } from '../core/limits.ts'
import { type AttachedReplica, type Mark, type Position, type Upstream, historyOf } from '../core/model.ts'

/** Everything that INFO says more than once, or in lines of its own, read in one pass. */
export interface PikaReplication {
  readonly fields: ReadonlyMap<string, string>
  /** File number and offset of each database, in the order of their names. */
  readonly ends: readonly (readonly [file: number, offset: number])[]
  /** The state of the link of each database, as either of the two places says it. */
  readonly states: readonly string[]
}

const binlogEnd = /^db(\d+)[: ]binlog_offset=(\d+) (\d+)/
const stateLine = /^db\d+:([a-z_]+)$/
const stateList = /\(db\d+:([^)]*)\)/g

export function readReplication(text: string): PikaReplication {
  const fields = new Map<string, string>()
  const ends: { readonly db: number; readonly end: readonly [number, number] }[] = []
  const states: string[] = []
  for (const line of text.split('\r\n')) {
    const end = binlogEnd.exec(line)
    const word = stateLine.exec(line)?.[1]
    if (end !== null) ends.push({ db: Number(end[1]), end: [Number(end[2]), Number(end[3])] })
    else if (word !== undefined) states.push(word)
    else if (line.startsWith('db_repl_state:')) states.push(...[...line.matchAll(stateList)].map((match) => match[1] ?? ''))
    else if (line.includes(':')) fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1))
  }
  return { fields, ends: ends.toSorted((a, b) => a.db - b.db).map((one) => one.end), states }
}

const copyingStates = ['try_to_full_sync', 'kTryDBSync', 'syncing_full', 'WaitDBSync']
const failedStates = ['error', 'Error']
const waitingStates = ['connecting', 'kWaitReply']

export function isCopying({ states }: PikaReplication): boolean {
  return states.some((state) => copyingStates.includes(state))
}

/** A part of a copy: while it lasts, and after one that did not end (P5, P16). Older servers say the first only. */
export function isPartial(said: PikaReplication): boolean {
  return (
    said.fields.get('is_eligible_for_master_election') === 'false' ||
    said.states.some((state) => ['syncing_full', 'WaitDBSync'].includes(state))
  )
}

export function upstreamOf(said: PikaReplication): Upstream | null {
  const host = said.fields.get('master_host')
  if (host === undefined) return null
  const port = Number(said.fields.get('master_port') ?? 0)
  const [failed, waiting] = [failedStates, waitingStates].map((states) => said.states.some((state) => states.includes(state)))
  return {
    // A loopback address may have been replaced by the network card's.
    host: port === nowhere.port ? nowhere.host : host,
    port,
    linkUp: said.fields.get('master_link_status') === 'up',
    syncing: isCopying(said),
    ...(failed ? { failed } : {}),
    ...(waiting ? { waiting } : {}),
  }
}

/** `mark` names the history; without one it has no name. `fileBytes`: binlog-file-size, null when it could not be read. */
export function positionOf(said: PikaReplication, mark: Mark | null, fileBytes: number | null): Position {
  if (said.ends.length === 0 || fileBytes === null) return { kind: 'none' }
  const parts = said.ends.map(([file, offset]) => file * fileBytes + offset)
  return {
    kind: 'stream',
    replid: mark === null ? '' : historyOf(mark),
    replid2: '',
    second: -1,
    offset: parts.reduce((total, part) => total + part, 0),
    parts,
    log: `${said.fields.get('ReplicationID') ?? ''} ${fileBytes}`,
  }
}

/** `slave0:ip=..,port=..,conn_fd=..,lag=(db0:N)(db1:..)`; N counts what was not sent. `online`: it follows with every database. */
export function attachedOf(said: PikaReplication, offset: number): AttachedReplica[] {
  const attached: AttachedReplica[] = []
  for (let index = 0; ; index++) {
    const line = said.fields.get(`slave${index}`)
    if (line === undefined) return attached
    const [, host = '', port = ''] = /^ip=([^,]*),port=(\d+)/.exec(line) ?? []
    const lags = [...line.matchAll(stateList)].map((match) => match[1] ?? '')
    const online = lags.length > 0 && lags.every((lag) => /^\d+$/.test(lag))
    const unsent = online ? lags.reduce((total, lag) => total + Number(lag), 0) : offset
    attached.push({ host, port: Number(port), online, acked: offset - unsent })
  }
}
