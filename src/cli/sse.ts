// Server-sent events out of text as it arrives. Pure.

export interface ServerEvent {
  readonly name: string
  readonly data: string
}

/** Takes pieces of a stream and gives the events that are complete with each; a comment gives none. */
export class EventParser {
  #rest = ''

  push(piece: string): ServerEvent[] {
    const blocks = (this.#rest + piece).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    return blocks.flatMap(eventOf)
  }
}

function eventOf(block: string): ServerEvent[] {
  const lines = block.split('\n')
  const field = (name: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${name}:`) ? [line.slice(name.length + 1).trimStart()] : []))
  const data = field('data')
  return data.length === 0 ? [] : [{ name: field('event').at(-1) ?? 'message', data: data.join('\n') }]
}
