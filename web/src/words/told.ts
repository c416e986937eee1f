// What the server says, in the language of the person. It gives each sentence as a code and its values; English comes with it, rendered there.
import type { Said } from '../../../src/core/said.ts'
import { sentences } from './sentences.zh.ts'

type Value = Said['values'][string]
type Sentence = (values: unknown) => string

const chinese = sentences as unknown as Readonly<Partial<Record<string, Sentence>>>

/** A server newer than this page may say what it does not know: then the whole sentence stays English. */
function known(value: Value): boolean {
  if (value === null || typeof value !== 'object') return true
  if (!('code' in value)) return value.every(known)
  return chinese[value.code] !== undefined && Object.values(value.values).every(known)
}

function put(value: Value): unknown {
  if (value === null || typeof value !== 'object') return value
  if (!('code' in value)) return value.map(put)
  return chinese[value.code]?.(Object.fromEntries(Object.entries(value.values).map(([name, inner]) => [name, put(inner)])))
}

export interface Told {
  readonly text: string
  /** For `lang`: a screen reader speaks it as what it is. */
  readonly lang: 'en' | 'zh-CN'
}

/** `said`: absent in entries of earlier versions, which stay as they were written. */
export function toldIn(language: 'en' | 'zh', english: string, said: Said | null | undefined): Told {
  return language === 'zh' && said !== null && said !== undefined && known(said)
    ? { text: String(put(said)), lang: 'zh-CN' }
    : { text: english, lang: 'en' }
}
