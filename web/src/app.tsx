// The frame around every screen: where one is, whether what one sees is now, and the words and colours one chose.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { GroupScreen } from './group/screen.tsx'
import { ask } from './api/ask.ts'
import { useAsker, useMay } from './live/asker.ts'
import { useIsEmpty, useLink, useRefusal } from './live/hooks.ts'
import { live } from './live/live.ts'
import { Broken } from './look/broken.tsx'
import { AuditScreen } from './screens/audit.tsx'
import { ControllersScreen } from './screens/controllers.tsx'
import { DoctorScreen } from './screens/doctor.tsx'
import { Login } from './screens/login.tsx'
import { Overview } from './screens/overview.tsx'
import { SettingsScreen } from './screens/settings.tsx'
import { SpecScreen } from './screens/spec.tsx'
import { useChosenLanguage } from './words/choices.ts'
import { clockTime } from './words/figures.ts'
import { SpeakingProvider, type WordKey, languages, sayIn, useSay } from './words/words.tsx'

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
  const [path] = useLocation()
  const link = useLink()
  const asker = useAsker()
  const known = asker.data?.who != null
  const unknown = asker.data !== undefined && !known
  // A server that does not answer is tried for the groups too, so that one is told since when and sees it when it is back.
  const begun = useRefusal(asker) !== null || known
  useEffect(() => (begun ? live.start() : undefined), [begun])
  // A login that ended: the server says so when the groups are asked for.
  useEffect(() => live.onRefused(() => void client.invalidateQueries({ queryKey: ['asker'] })), [])
  return (
    <div className={link.kind === 'cut' ? 'cut' : ''}>
      <a className="skip" href="#main">
        {say('nav.skip')}
      </a>
      <Top known={known} />
      <main id="main" tabIndex={-1}>
        <Broken path={path} title={say('broken.title')} text={say('broken.text')} verb={say('broken.verb')}>
          {unknown ? <Login /> : <Screens />}
        </Broken>
      </main>
    </div>
  )
}

function Screens() {
  const say = useSay()
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/groups/:group/:tab?">
        {({ group, tab }) => <GroupScreen key={group} group={decodeURIComponent(group)} tab={tab ?? 'now'} />}
      </Route>
      <Route path="/spec" component={SpecScreen} />
      <Route path="/doctor" component={DoctorScreen} />
      <Route path="/controllers" component={ControllersScreen} />
      <Route path="/audit" component={AuditScreen} />
      <Route path="/settings" component={SettingsScreen} />
      <Route>
        <h1 className="note">{say('nav.missing')}</h1>
      </Route>
    </Switch>
  )
}

interface Place {
  readonly path: string
  readonly name: WordKey
  readonly under?: string
  readonly role?: 'admin'
}

const places: readonly Place[] = [
  { path: '/', name: 'nav.groups', under: '/groups/' },
  { path: '/spec', name: 'nav.spec' },
  { path: '/doctor', name: 'nav.doctor' },
  { path: '/controllers', name: 'nav.controllers' },
  { path: '/audit', name: 'nav.audit', role: 'admin' },
  { path: '/settings', name: 'nav.settings' },
]

/** `known`: the server knows who looks, so that there is something to go to. */
function Top({ known }: { readonly known: boolean }) {
  const say = useSay()
  const link = useLink()
  const empty = useIsEmpty()
  const may = useMay()
  const [here] = useLocation()
  const tone = { live: 'good', connecting: 'none', cut: 'bad' }[link.kind]
  return (
    <header className="top">
      <div className="top-row">
        <Link className="brand" href="/">
          <img src="/icon.svg" alt="" />
          regroup
        </Link>
        <nav className="nav" aria-label={say('nav.main')}>
          {(known ? places : [])
            .filter(({ role }) => role === undefined || may(role))
            .map(({ path, name, under }) => (
              <Link
                key={path}
                href={path}
                aria-current={here === path || (under !== undefined && here.startsWith(under)) ? 'page' : undefined}
              >
                {say(name)}
              </Link>
            ))}
        </nav>
        <Who />
        <span className={`link ${tone}`} role="status" hidden={!known && link.kind !== 'cut'}>
          {say(`link.${link.kind}`)}
        </span>
      </div>
      {link.kind === 'cut' && (
        <div className="banner" role="alert">
          {say(empty ? 'link.none' : 'link.banner', { time: clockTime(link.since) })}
        </div>
      )}
    </header>
  )
}

/** Nobody on a machine where nobody was named yet. */
function Who() {
  const say = useSay()
  const { data: asker } = useAsker()
  if (asker?.who == null || asker.who.kind === 'local') return null
  const leave = async (): Promise<void> => {
    await ask('/api/v1/login', { method: 'DELETE' })
    await client.resetQueries()
  }
  return (
    <span className="who">
      <span title={asker.who.role}>{asker.who.name}</span>
      <button type="button" className="button small" onClick={() => void leave()}>
        {say('login.out')}
      </button>
    </span>
  )
}
