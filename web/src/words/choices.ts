// What a person chose for this browser: language and theme. Without a choice the browser's own are taken.
import { useSyncExternalStore } from 'react'
import type { Language } from './words.tsx'

export type Theme = 'system' | 'light' | 'dark'

const listeners = new Set<() => void>()

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    // A browser that keeps nothing for us.
    return null
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // It holds for this visit.
  }
}

function firstLanguage(): Language {
  const chosen = stored('regroup.language')
  if (chosen === 'en' || chosen === 'zh') return chosen
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === 'en' || tag === 'zh')
  return known === 'zh' ? 'zh' : 'en'
}

function firstTheme(): Theme {
  const chosen = stored('regroup.theme')
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

let language = firstLanguage()
let theme = firstTheme()
showTheme()

function showTheme(): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

function changed(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useChosenLanguage(): readonly [Language, (next: Language) => void] {
  const now = useSyncExternalStore(subscribe, () => language)
  return [
    now,
    (next) => {
      language = next
      store('regroup.language', next)
      changed()
    },
  ]
}

const dark = matchMedia('(prefers-color-scheme: dark)')

/** What is really shown: the system's own where nothing was chosen. */
export function useShownTheme(): 'light' | 'dark' {
  const chosen = useSyncExternalStore(subscribe, () => theme)
  const system = useSyncExternalStore(
    (listener) => {
      dark.addEventListener('change', listener)
      return () => dark.removeEventListener('change', listener)
    },
    () => dark.matches,
  )
  return chosen === 'system' ? (system ? 'dark' : 'light') : chosen
}

export function useTheme(): readonly [Theme, (next: Theme) => void] {
  const now = useSyncExternalStore(subscribe, () => theme)
  return [
    now,
    (next) => {
      theme = next
      store('regroup.theme', next)
      showTheme()
      changed()
    },
  ]
}
