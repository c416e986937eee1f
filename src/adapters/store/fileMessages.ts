// What embedded.ts asks of the store's thread and what comes back. One answer for each question, by its number: a copy takes its time, and the others do not wait for it.
import type { ErrorCode } from '../../errors.ts'
import type { Applied, FileSettings, TextCommit, TextPair } from './file.ts'

export type Question =
  | { readonly op: 'open'; readonly settings: FileSettings }
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'list'; readonly prefix: string }
  | { readonly op: 'history'; readonly group: string; readonly limit: number; readonly before: number | null }
  | { readonly op: 'apply'; readonly commits: readonly TextCommit[] }
  /** A copy in the store's directory, with these keys in it. */
  | { readonly op: 'copy'; readonly marked: readonly { readonly key: string; readonly text: string }[] }
  | { readonly op: 'close' }

export interface Answers {
  readonly open: null
  readonly get: TextPair | null
  readonly list: readonly TextPair[]
  readonly history: readonly { readonly seq: number; readonly text: string }[]
  readonly apply: readonly Applied[]
  /** Its path, alone in a directory of its own: whoever has it removes that. */
  readonly copy: string
  readonly close: null
}

export interface Numbered<T> {
  readonly id: number
  readonly of: T
}

export type Answer =
  | { readonly ok: true; readonly value: Answers[keyof Answers] }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }
