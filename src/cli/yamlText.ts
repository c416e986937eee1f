// YAML with places: every problem of a file is told with its line, its column and the path of its key.
import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Pair } from 'yaml'
import { problemText } from '../server/problems.ts'
import type { Problem } from '../server/problems.ts'

/** A file of settings or groups; beyond this somebody gave us the wrong file. */
export const maxFileBytes = 16 * 1_048_576

export interface YamlText {
  readonly value: unknown
  /** false: the syntax is broken, there is no value to judge; `lines` says how. */
  readonly readable: boolean
  /** What the text itself does wrong together with problems of its value, in the order of the file: `groups.yaml:3:5 groups[0].nodez: ...`. */
  lines(problems: readonly Problem[]): string[]
}

interface Line {
  readonly line: number
  readonly col: number
  readonly text: string
}

/** Reads one document. `file` is the name that stands before each problem. */
export function readYaml(text: string, file: string): YamlText {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false })
  const lineAt = (offset: number, message: string): Line => ({ ...counter.linePos(offset), text: message })
  const errors = [...document.errors, ...document.warnings].map((error) => lineAt(error.pos[0], sentence(error.code, error.message)))
  const read = document.errors.some((error) => error.code !== 'DUPLICATE_KEY') ? null : valueOf(document)
  if (read !== null && !read.ok) errors.push({ line: 1, col: 1, text: read.message })
  const readable = read !== null && read.ok
  return {
    value: readable ? read.value : null,
    readable,
    lines: (problems) =>
      inOrder(file, [...errors, ...problems.map((problem) => lineAt(offsetOf(document, problem), problemText(problem)))]),
  }
}

function valueOf(document: Document): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: document.toJS() }
  } catch (error) {
    // An alias without its anchor, or aliases that multiply beyond the library's limit.
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

function inOrder(file: string, lines: readonly Line[]): string[] {
  return lines.toSorted((a, b) => a.line - b.line || a.col - b.col).map((line) => `${file}:${line.line}:${line.col} ${line.text}`)
}

function sentence(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice'
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; one file holds one document'
  return message.charAt(0).toLowerCase() + message.slice(1)
}

/** Where the value stands, or its key when the key is the problem; the nearest thing around it when it is not there. */
function offsetOf(document: Document, problem: Problem): number {
  let node: unknown = document.contents
  let offset = start(node) ?? 0
  for (const [index, part] of problem.path.entries()) {
    const pair = isMap(node) ? node.items.find((item) => keyText(item) === String(part)) : undefined
    const next = isSeq(node) ? node.items[Number(part)] : pair?.value
    const isLast = index === problem.path.length - 1
    offset = (isLast && problem.of === 'key' ? start(pair?.key) : (start(next) ?? start(pair?.key))) ?? offset
    node = next
  }
  return offset
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}

function start(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
