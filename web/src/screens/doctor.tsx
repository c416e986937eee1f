// What would make a failover fail or lose data, each finding with its way out.
import '../look/pages.css'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { type Refusal, ask } from '../api/ask.ts'
import type { DoctorReport, Finding } from '../api/types.ts'
import { useMay } from '../live/asker.ts'
import { useNow } from '../live/hooks.ts'
import { Asked } from '../look/asked.tsx'
import type { Tone } from '../look/marks.tsx'
import { Refused } from '../look/refused.tsx'
import { span } from '../words/figures.ts'
import { Sentence } from '../look/sentence.tsx'
import { useSay } from '../words/words.tsx'

type OfGroup = DoctorReport['groups'][number]

const tones: Readonly<Record<Finding['severity'], Tone>> = { serious: 'bad', warning: 'warn', advice: 'none' }

export function DoctorScreen() {
  const say = useSay()
  const may = useMay()
  const client = useQueryClient()
  const [looking, setLooking] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const report = useQuery<DoctorReport, Refusal>({
    queryKey: ['doctor'],
    queryFn: ({ signal }) => ask('/api/v1/doctor', { signal }),
    refetchInterval: 15_000,
  })
  const lookNow = async (): Promise<void> => {
    setLooking(true)
    try {
      client.setQueryData(['doctor'], await ask<DoctorReport>('/api/v1/doctor', { method: 'POST', body: {} }))
      setRefusal(null)
    } catch (error) {
      setRefusal(error as Refusal)
    }
    setLooking(false)
  }
  return (
    <>
      <div className="page-head">
        <h1 className="page-title">{say('nav.doctor')}</h1>
        <button type="button" className="button" disabled={looking || !may('operator')} onClick={() => void lookNow()}>
          {looking && <span className="wait" />} {say('doctor.now')}
        </button>
      </div>
      <p className="quiet roomy">{say('doctor.intro')}</p>
      {refusal !== null && <Refused refusal={refusal} />}
      <Asked query={report}>{(answer) => <Report report={answer} />}</Asked>
    </>
  )
}

function Report({ report }: { readonly report: DoctorReport }) {
  const say = useSay()
  const told = report.groups.filter(({ findings, unexamined }) => findings.length + unexamined.length > 0)
  const well = report.groups.filter((one) => !told.includes(one))
  return (
    <>
      {told.map((one) => (
        <OneGroup key={one.group} report={one} />
      ))}
      {well.length > 0 && (
        <section className="panel well">
          <h2 className="good tone">{say('doctor.well', { n: well.length })}</h2>
          <p>
            {well.map(({ group, at }) => (
              <Link key={group} href={`/groups/${group}`}>
                {group}
                {at === null && ` (${say('doctor.notYet')})`}
              </Link>
            ))}
          </p>
        </section>
      )}
      {report.groups.length === 0 && <p className="note panel">{say('overview.first.title')}</p>}
    </>
  )
}

function OneGroup({ report }: { readonly report: OfGroup }) {
  const say = useSay()
  const now = useNow()
  return (
    <section className="panel findings">
      <h2>
        <Link href={`/groups/${report.group}`}>{report.group}</Link>
        <span className="quiet">
          {report.at === null ? say('doctor.notYet') : say('doctor.at', { time: span(Math.max(0, now - report.at)) })}
          {report.nextAt !== null && ` · ${say('doctor.next', { time: span(Math.max(0, report.nextAt - now)) })}`}
        </span>
      </h2>
      <ul>
        {report.findings.map((finding) => (
          <FindingLine key={`${finding.id} ${finding.node ?? ''} ${finding.sentence}`} finding={finding} />
        ))}
        {report.unexamined.map(({ node, why, whySaid }) => (
          <li key={node} className="finding none">
            <b>{say('doctor.unexamined', { node })}</b>
            <p>
              <Sentence english={why} said={whySaid} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

export function FindingLine({ finding }: { readonly finding: Finding }) {
  const say = useSay()
  return (
    <li className={`finding ${tones[finding.severity]}`}>
      <p>
        <span className={`badge ${tones[finding.severity]}`}>{say(`severity.${finding.severity}`)}</span> <code>{finding.id}</code>
        {finding.node !== null && <b> {finding.node}</b>}
      </p>
      <p>
        <Sentence english={finding.sentence} said={finding.said} />
      </p>
      <p>
        <b className="quiet">{say('doctor.wayOut')}</b> <Sentence english={finding.wayOut} said={finding.wayOutSaid} />
      </p>
      {finding.commands.length > 0 && <pre tabIndex={0}>{finding.commands.join('\n')}</pre>}
    </li>
  )
}
