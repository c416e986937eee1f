// What embedded.ts asks of the store's thread and what comes back. One answer for each question, in the order of the questions.
import type { ErrorCode } from '../../errors.ts'
import type { Applied, FileSettings, TextCommit, TextPair } from './file.ts'

export type Question =
  | { readonly op: 'open'; readonly settings: FileSettings }
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'list'; readonly prefix: string }
  | { readonly op: 'history'; readonly group: string; readonly limit: number; readonly before: number | null }
  | { readonly op: 'apply'; readonly commits: readonly TextCommit[] }
  | { readonly op: 'close' }

export interface Answers {
  readonly open: null
  readonly get: TextPair | null
  readonly list: readonly TextPair[]
  readonly history: readonly { readonly seq: number; readonly text: string }[]
  readonly apply: readonly Applied[]
  readonly close: null
}

export type Answer =
  | { readonly ok: true; readonly value: Answers[keyof Answers] }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }
