// Lag, load, memory and probe time of every node: the last hour or the last day.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Choice } from '../act/fields.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import type { Series } from '../api/types.ts'
import { Asked } from '../look/asked.tsx'
import { useShownTheme } from '../words/choices.ts'
import { bytes, count, span as spanText } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Chart } from './chart.tsx'

type Measure = keyof Series['nodes'][string]

interface Shown {
  readonly key: Measure
  readonly text: (value: number) => string
  readonly least: number
  readonly binary: boolean
}

const measures: readonly Shown[] = [
  { key: 'lagBytes', text: bytes, least: 1024, binary: true },
  { key: 'opsPerSec', text: (value) => count(Math.round(value)), least: 10, binary: false },
  { key: 'usedMemoryBytes', text: bytes, least: 1_048_576, binary: true },
  { key: 'probeMs', text: spanText, least: 5, binary: false },
]

export default function Charts({ group }: { readonly group: string }) {
  const say = useSay()
  const theme = useShownTheme()
  const [span, setSpan] = useState<Series['span']>('hour')
  const series = useQuery<Series, Refusal>({
    queryKey: ['series', group, span],
    queryFn: ({ signal }) => ask(`/api/v1/groups/${encodeURIComponent(group)}/series?span=${span}`, { signal }),
    refetchInterval: 10_000,
  })
  return (
    <>
      <div className="chart-span">
        <Choice
          label={say('charts.span')}
          value={span}
          set={(value) => setSpan(value as Series['span'])}
          options={(['hour', 'day'] as const).map((value) => ({ value, text: say(`charts.${value}`) }))}
        />
      </div>
      <Asked query={series}>
        {({ nodes, endsAt, everyMs }) =>
          endsAt === 0 ? (
            <p className="note panel">{say('charts.none')}</p>
          ) : (
            <div className="charts">
              {measures.map(({ key, text, least, binary }) => (
                <Chart
                  key={key}
                  title={say(`charts.${key}`)}
                  endsAt={endsAt}
                  everyMs={everyMs}
                  lines={Object.entries(nodes).map(([name, of]) => ({ name, values: of[key] }))}
                  text={text}
                  least={least}
                  binary={binary}
                  theme={theme}
                />
              ))}
            </div>
          )
        }
      </Asked>
    </>
  )
}
