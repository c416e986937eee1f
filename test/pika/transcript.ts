// A transcript of real Pika servers as entries: what was sent to which port, when, and what came back.

export type Entry =
  | {
      readonly kind: 'command'
      readonly at: number
      readonly port: number
      readonly command: readonly string[]
      /** A poll: this is what it had changed to. */
      readonly changed: boolean
      readonly reply: string
      /** How long the answer took, in ms. */
      readonly took: number
    }
  | { readonly kind: 'note'; readonly at: number; readonly text: string }

const head = /^\[\+([\d.]+)s(?: after STOP)?\] (\d+)> (.*?)(?: \((changed)[^)]*\)|   \((\d+) ms\))$/
const note = /^## \[\+([\d.]+)s\] (.*)$/

export function entriesOf(text: string): Entry[] {
  const entries: Entry[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const said = note.exec(line)
    if (said !== null) entries.push({ kind: 'note', at: Number(said[1]), text: said[2] ?? '' })
    const asked = head.exec(line)
    if (asked === null) continue
    const reply: string[] = []
    while (at + 1 < lines.length && /\\r\\n$|\\n$/.test(lines[at + 1] ?? '')) reply.push(lines[++at] ?? '')
    entries.push({
      kind: 'command',
      at: Number(asked[1]),
      port: Number(asked[2]),
      command: (asked[3] ?? '').split(' '),
      changed: asked[4] !== undefined,
      reply: reply.join('\n'),
      took: Number(asked[5] ?? 0),
    })
  }
  return entries
}

/** Bytes as a transcript shows them. */
export function shown(bytes: string): string {
  return bytes.replaceAll('\r\n', '\\r\\n\u0000').replaceAll('\n', '\\n\u0000').replaceAll('\u0000', '\n').replace(/\n$/, '')
}

/** Without what differs from run to run: names made by chance, descriptors, processes, the clock, bytes under way, the length of texts. */
export function settled(reply: string): string {
  const lines = reply
    .replace(/^\$\d+/gm, '$')
    .replace(/\b[0-9a-f]{50}\b/g, 'REPLICATION-ID')
    .replace(/\b[0-9a-f]{40}\b/g, 'RUN-ID')
    .replace(/conn_fd=\d+,lag=\(db0:[^)]*\)/g, 'conn_fd=FD,lag=LAG')
    .replace(/addr=127\.0\.0\.1:\d+ fd=\d+/g, 'addr=CLIENT')
    .replace(/process_id:\d+/g, 'process_id:PID')
    .replace(/uptime_in_seconds:\d+/g, 'uptime_in_seconds:S')
    .split('\n')
  const replicas = lines.filter((line) => /^slave\d+:ip=/.test(line)).map((line) => line.replace(/^slave\d+/, 'slaveN'))
  return [...lines.filter((line) => !/^slave\d+:ip=/.test(line)), ...replicas.toSorted()].join('\n')
}
