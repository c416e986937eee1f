// Who watches the groups. In this version it is one, and it decides alone.
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { probeEnds } from '../controller/counts.ts'
import { access } from './access.ts'
import type { HttpOptions } from './http.ts'
import { described } from './routes.ts'
import { EmptyQuery, nullable, text } from './schemas.ts'

/** A window of the loop's delay and of the CPU; shorter ones tell of single moments. */
export const windowMs = 10_000

const ms = Type.Number({ description: 'Milliseconds.' })
const bytes = Type.Integer({ description: 'Bytes.' })

const total = Type.Integer({ description: 'Since it began.' })

export const Controllers = Type.Object({
  controllers: Type.Array(
    Type.Object({
      installation: text,
      version: text,
      startedAt: Type.Integer({ description: 'Milliseconds since 1970.' }),
      /** Groups and nodes that the asker may see. */
      groups: Type.Integer(),
      nodes: Type.Integer(),
      heard: Type.Integer({ description: 'Nodes that answer.' }),
      votes: Type.String({ description: 'How many of how many observers its evidence comes from.' }),
      load: nullable(
        Type.Object({
          cpu: Type.Number({ description: 'Of one core: 0.5 is half of it.' }),
          residentBytes: bytes,
          heapBytes: bytes,
          loopDelay: Type.Object(
            { p50: ms, p99: ms, max: ms },
            { description: 'Between two turns of the loop that were to be 10 ms apart. What a node is told waits as long.' },
          ),
        }),
        'Within the last 10 s or so; null until it ran as long.',
      ),
      probes: Type.Object(Object.fromEntries(probeEnds.map((end) => [end, total] as const))),
    }),
  ),
})

type Load = Static<typeof Controllers>['controllers'][number]['load']

/** Reads the process anew each window; gives what the last whole window was like. */
function watchLoad(app: FastifyInstance, { vitals, every, wall }: Pick<HttpOptions, 'vitals' | 'every' | 'wall'>): () => Load {
  let from = { cpuSeconds: vitals.recent().cpuSeconds, at: wall() }
  let load: Load = null
  const stop = every(windowMs, () => {
    const { cpuSeconds, residentBytes, heapBytes, loopDelay } = vitals.recent()
    const at = wall()
    const inMs = (seconds: number): number => Math.round(seconds * 10_000) / 10
    const cpu = Math.round(((cpuSeconds - from.cpuSeconds) / Math.max(0.001, (at - from.at) / 1000)) * 1000) / 1000
    load = { cpu, residentBytes, heapBytes, loopDelay: { p50: inMs(loopDelay.p50), p99: inMs(loopDelay.p99), max: inMs(loopDelay.max) } }
    from = { cpuSeconds, at }
  })
  app.addHook('onClose', stop)
  return () => load
}

export function controllerRoutes(app: FastifyInstance, options: Pick<HttpOptions, 'version' | 'wall' | 'vitals' | 'every'>): void {
  const { version, wall } = options
  const startedAt = wall()
  const load = watchLoad(app, options)
  app.get(
    '/api/v1/controllers',
    { config: access('viewer', 'groups'), schema: described('Who watches the groups.', Controllers, { querystring: EmptyQuery }) },
    ({ controller }) => {
      const glances = controller.glances()
      const sum = (of: 'nodes' | 'heard'): number => glances.reduce((all, one) => all + one[of], 0)
      const own = { installation: controller.installation, version, startedAt, votes: '1 of 1', probes: { ...controller.totals().probes } }
      return { controllers: [{ ...own, groups: glances.length, nodes: sum('nodes'), heard: sum('heard'), load: load() }] }
    },
  )
}
