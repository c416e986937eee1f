// Who watches the groups. One controller decides in this version; its evidence is its own.
import '../look/pages.css'
import { useQuery } from '@tanstack/react-query'
import { type Refusal, ask } from '../api/ask.ts'
import type { Controllers } from '../api/types.ts'
import { useLink, useNow } from '../live/hooks.ts'
import { Asked } from '../look/asked.tsx'
import { bytes, count, dayTime, span } from '../words/figures.ts'
import { votesIn } from '../words/votes.ts'
import { type Say, useSay } from '../words/words.tsx'

type Controller = Controllers['controllers'][number]

export function ControllersScreen() {
  const say = useSay()
  const controllers = useQuery<Controllers, Refusal>({
    queryKey: ['controllers'],
    queryFn: ({ signal }) => ask('/api/v1/controllers', { signal }),
    refetchInterval: 2000,
  })
  return (
    <>
      <h1 className="page-title">{say('nav.controllers')}</h1>
      <Asked query={controllers}>{(answer) => answer.controllers.map((one) => <One key={one.installation} controller={one} />)}</Asked>
      <p className="quiet">{say('controllers.alone')}</p>
    </>
  )
}

function One({ controller }: { readonly controller: Controller }) {
  const say = useSay()
  const link = useLink()
  const now = useNow()
  const figures = [
    [say('controllers.role'), say('controllers.decides')],
    [say('controllers.stream'), say(`link.${link.kind}`)],
    [say('controllers.votes'), votesIn(controller.votes, say)],
    [say('controllers.up'), span(Math.max(0, now - controller.startedAt))],
    [say('controllers.since'), dayTime(controller.startedAt)],
    [say('nodes.version'), controller.version],
    [say('nav.groups'), count(controller.groups)],
    [say('controllers.nodes'), `${count(controller.heard)} / ${count(controller.nodes)}`],
    [say('controllers.installation'), controller.installation],
    ...loadFigures(controller.load, say),
  ] as const
  return (
    <section className="panel settings">
      <h2>{location.host}</h2>
      <Figures figures={figures} />
      <h3>{say('controllers.probes')}</h3>
      <Figures
        figures={Object.entries(controller.probes).map(([end, total]) => [say(`probe.${end as 'reading'}`), count(total)] as const)}
      />
    </section>
  )
}

function loadFigures(load: Controller['load'], say: Say): readonly (readonly [string, string])[] {
  if (load === null) return [[say('controllers.cpu'), '–']]
  const { cpu, residentBytes, loopDelay } = load
  return [
    [say('controllers.cpu'), `${Math.round(cpu * 1000) / 10} %`],
    [say('controllers.memory'), bytes(residentBytes)],
    [say('controllers.delay'), `${span(loopDelay.p50)} · ${span(loopDelay.p99)} · ${span(loopDelay.max)}`],
  ]
}

function Figures({ figures }: { readonly figures: readonly (readonly [string, string])[] }) {
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
