// The words of the page in the language of the person: a typed dictionary for each, so that none can lack a word.
import { createContext, use } from 'react'
import type { Said } from '../../../src/core/said.ts'
import { type WordKey, type Words, en } from './en.ts'
import { type Told, toldIn } from './told.ts'
import { zh } from './zh.ts'

export type { WordKey } from './en.ts'
export type Language = 'en' | 'zh'

export const languages: Readonly<Record<Language, { readonly name: string; readonly tag: string; readonly words: Words }>> = {
  en: { name: 'English', tag: 'en', words: en },
  zh: { name: '简体中文', tag: 'zh-CN', words: zh },
}

export type Say = (key: WordKey, values?: Readonly<Record<string, string | number>>) => string

export function sayIn(language: Language): Say {
  const words: Readonly<Partial<Record<string, string>>> = languages[language].words
  // A server that is newer than a tab left open may have a word that this page does not know: it stands for itself.
  return (key, values = {}) =>
    (words[key] ?? key.slice(key.lastIndexOf('.') + 1)).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

const Speaking = createContext<{ readonly language: Language; readonly say: Say }>({ language: 'en', say: sayIn('en') })
export const SpeakingProvider = Speaking.Provider

export function useSay(): Say {
  return use(Speaking).say
}

/** What the server says; `said`: the sentence as it gives it besides. */
export function useTell(): (english: string, said: Said | null | undefined) => Told {
  const language = useLanguage()
  return (english, said) => toldIn(language, english, said)
}

export function useLanguage(): Language {
  return use(Speaking).language
}
