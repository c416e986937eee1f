// What a person chose for this browser; for admins: who may use this server.
import '../look/pages.css'
import { useState } from 'react'
import { Choice } from '../act/fields.tsx'
import { OwnPassword } from '../act/accounts.tsx'
import { useAsker, useMay } from '../live/asker.ts'
import { type Theme, useChosenLanguage, useTheme } from '../words/choices.ts'
import { type Language, languages, useSay } from '../words/words.tsx'
import { TokensPanel, UsersPanel } from './people.tsx'

const themes: readonly Theme[] = ['system', 'light', 'dark']

export function SettingsScreen() {
  const say = useSay()
  const may = useMay()
  const [language, setLanguage] = useChosenLanguage()
  const [theme, setTheme] = useTheme()
  const { data: asker } = useAsker()
  const [changing, setChanging] = useState(false)
  const who = asker?.who
  return (
    <>
      <h1 className="page-title">{say('nav.settings')}</h1>
      <section className="panel settings">
        <h2>{say('settings.browser')}</h2>
        <div className="form-row">
          <Choice
            label={say('settings.language')}
            value={language}
            set={(value) => setLanguage(value as Language)}
            options={Object.entries(languages).map(([value, { name }]) => ({ value, text: name }))}
          />
          <Choice
            label={say('settings.theme')}
            value={theme}
            set={(value) => setTheme(value as Theme)}
            options={themes.map((value) => ({ value, text: say(`theme.${value}`) }))}
          />
        </div>
      </section>
      <section className="panel settings">
        <h2>{say('settings.you')}</h2>
        {who != null && (
          <p>
            {who.kind === 'local'
              ? say('settings.local')
              : say('settings.who', { name: who.name, role: who.role, groups: who.groups.join(', ') })}
          </p>
        )}
        {who?.kind === 'user' && (
          <button type="button" className="button" onClick={() => setChanging(true)}>
            {say('password.title')}
          </button>
        )}
        {changing && <OwnPassword close={() => setChanging(false)} />}
      </section>
      {may('admin') ? (
        <>
          <UsersPanel />
          <TokensPanel />
        </>
      ) : (
        <p className="quiet">{say('settings.admins')}</p>
      )}
    </>
  )
}
