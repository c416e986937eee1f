// The frame around every screen: where one is, whether what one sees is now, and the words and colours one chose.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { GroupScreen } from './group/screen.tsx'
import { useAsker } from './live/asker.ts'
import { useLink } from './live/hooks.ts'
import { live } from './live/live.ts'
import { Login } from './screens/login.tsx'
import { Overview } from './screens/overview.tsx'
import { useChosenLanguage } from './words/choices.ts'
import { clockTime } from './words/figures.ts'
import { SpeakingProvider, languages, sayIn, useSay } from './words/words.tsx'

const client = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always' }, mutations: { networkMode: 'always' } },
})

export function App() {
  const [language] = useChosenLanguage()
  useEffect(() => {
    document.documentElement.lang = languages[language].tag
  }, [language])
  return (
    <QueryClientProvider client={client}>
      <SpeakingProvider value={{ language, say: sayIn(language) }}>
        <Frame />
      </SpeakingProvider>
    </QueryClientProvider>
  )
}

function Frame() {
  const say = useSay()
  const link = useLink()
  const { data: asker } = useAsker()
  const known = asker?.who != null
  const unknown = asker !== undefined && !known
  useEffect(() => (known ? live.start() : undefined), [known])
  // A login that ended: the server says so when the groups are asked for.
  useEffect(() => live.onRefused(() => void client.invalidateQueries({ queryKey: ['asker'] })), [])
  return (
    <div className={link.kind === 'cut' ? 'cut' : ''}>
      <a className="skip" href="#main">
        {say('nav.skip')}
      </a>
      <Top />
      <main id="main" tabIndex={-1}>
        {unknown ? <Login /> : <Screens />}
      </main>
    </div>
  )
}

function Screens() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/groups/:group/:tab?">
        {({ group, tab }) => <GroupScreen key={group} group={decodeURIComponent(group)} tab={tab ?? 'now'} />}
      </Route>
    </Switch>
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
          <Link href="/" aria-current={path === '/' || path.startsWith('/groups/') ? 'page' : undefined}>
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
