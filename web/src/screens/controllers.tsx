// Who watches the groups. One controller decides in this version; its evidence is its own.
import '../look/pages.css'
import { useQuery } from '@tanstack/react-query'
import { type Refusal, ask } from '../api/ask.ts'
import type { Health } from '../api/types.ts'
import { useGroups, useLink } from '../live/hooks.ts'
import { Asked } from '../look/asked.tsx'
import { useSay } from '../words/words.tsx'

export function ControllersScreen() {
  const say = useSay()
  const link = useLink()
  const groups = [...(useGroups()?.values() ?? [])]
  const nodes = groups.flatMap((group) => group.nodes)
  const heard = nodes.filter(({ health }) => health === 'up' || health === 'answering').length
  const health = useQuery<Health, Refusal>({
    queryKey: ['health'],
    queryFn: ({ signal }) => ask('/healthz', { signal }),
    refetchInterval: 5000,
  })
  return (
    <>
      <h1 className="page-title">{say('nav.controllers')}</h1>
      <Asked query={health}>
        {({ installation }) => (
          <section className="panel settings">
            <h2>{location.host}</h2>
            <dl className="figures">
              {(
                [
                  [say('controllers.role'), say('controllers.decides')],
                  [say('controllers.stream'), say(`link.${link.kind}`)],
                  [say('controllers.votes'), '1 / 1'],
                  [say('nav.groups'), String(groups.length)],
                  [say('controllers.nodes'), `${heard} / ${nodes.length}`],
                  [say('controllers.installation'), installation],
                ] as const
              ).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
            <p className="quiet">{say('controllers.alone')}</p>
          </section>
        )}
      </Asked>
    </>
  )
}
