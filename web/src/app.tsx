// The frame around every screen: where one is, whether what one sees is now, and the words and colours one chose.
import { useEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { useLink } from './live/hooks.ts'
import { live } from './live/live.ts'
import { Overview } from './screens/overview.tsx'
import { useChosenLanguage } from './words/choices.ts'
import { clockTime } from './words/figures.ts'
import { SpeakingProvider, languages, sayIn, useSay } from './words/words.tsx'

export function App() {
  const [language] = useChosenLanguage()
  useEffect(() => live.start(), [])
  useEffect(() => {
    document.documentElement.lang = languages[language].tag
  }, [language])
  return (
    <SpeakingProvider value={{ language, say: sayIn(language) }}>
      <Frame />
    </SpeakingProvider>
  )
}

function Frame() {
  const say = useSay()
  const link = useLink()
  return (
    <div className={link.kind === 'cut' ? 'cut' : ''}>
      <a className="skip" href="#main">
        {say('nav.skip')}
      </a>
      <Top />
      <main id="main" tabIndex={-1}>
        <Switch>
          <Route path="/" component={Overview} />
        </Switch>
      </main>
    </div>
  )
}

function Top() {
  const say = useSay()
  const link = useLink()
  const [path] = useLocation()
  const tone = { live: 'good', connecting: 'none', cut: 'bad' }[link.kind]
  return (
    <header className="top">
      <div className="top-row">
        <Link className="brand" href="/">
          <img src="/icon.svg" alt="" />
          regroup
        </Link>
        <nav className="nav" aria-label={say('nav.main')}>
          <Link href="/" aria-current={path === '/' ? 'page' : undefined}>
            {say('nav.groups')}
          </Link>
        </nav>
        <span className={`link ${tone}`} role="status">
          {say(`link.${link.kind}`)}
        </span>
      </div>
      {link.kind === 'cut' && (
        <div className="banner" role="alert">
          {say('link.banner', { time: clockTime(link.since) })}
        </div>
      )}
    </header>
  )
}
