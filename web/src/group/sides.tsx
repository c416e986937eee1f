// What is recorded beside what is observed. Where they differ is where regroup has work, or waits.
import type { GroupStatus } from '../api/types.ts'
import { Epoch } from '../look/marks.tsx'
import { dayTime } from '../words/figures.ts'
import { Sentence } from '../look/sentence.tsx'
import { useSay } from '../words/words.tsx'

interface Side {
  readonly key: 'primary' | 'process' | 'inSync' | 'guard'
  readonly recorded: string
  readonly observed: string
  readonly differs: boolean
}

/** Enough of a process' name to tell it from another. */
const shownProcess = 8

export function Sides({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const rows = sidesOf(status, say('sides.nobody'), say('sides.unheard'))
  return (
    <section className="panel sides">
      <h2>{say('sides.title')}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden">{say('sides.what')}</span>
            </th>
            <th scope="col">
              {say('sides.recorded')} <Epoch epoch={status.epoch} />
            </th>
            <th scope="col">{say('sides.observed')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, recorded, observed, differs }) => (
            <tr key={key} className={differs ? 'warn' : ''}>
              <th scope="row">{say(`sides.${key}`)}</th>
              <td>{recorded}</td>
              <td>
                {differs && (
                  <>
                    <span aria-hidden="true">≠ </span>
                    <span className="hidden">{say('sides.differs')} </span>
                  </>
                )}
                {observed}
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">{say('sides.clients')}</th>
            <td colSpan={2}>
              {status.writable && status.primary !== null ? say('sides.told', { node: status.primary }) : say('sides.toldNobody')}
            </td>
          </tr>
        </tbody>
      </table>
      {status.record !== null && (
        <p className="quiet">
          {say('sides.written', { time: dayTime(status.record.at), by: status.record.writer })}{' '}
          {say(status.record.fenced ? 'sides.fenced' : 'sides.unfenced')}
        </p>
      )}
      {status.record?.loss != null && (
        <p className="bad strip">
          <Sentence english={status.record.loss} said={status.record.lossSaid} />
        </p>
      )}
    </section>
  )
}

function sidesOf(status: GroupStatus, nobody: string, unheard: string): Side[] {
  // Both sides in the order of the spec, so that equal sets read equal.
  const names = (list: readonly (string | null)[]): string => {
    const known = status.nodes.flatMap(({ id }) => (list.includes(id) ? [id] : []))
    return known.length === 0 ? nobody : known.join(', ')
  }
  const up = status.nodes.filter(({ health }) => health === 'up')
  const primaries = up.filter(({ role }) => role === 'primary' || role === 'foreign primary').map(({ id }) => id)
  const primary = up.find(({ id }) => id === status.primary)
  const attached = primary === undefined ? null : [primary.id, ...primary.attached.filter(({ online }) => online).map(({ node }) => node)]
  const { recorded, set } = status.guard
  const side = (key: Side['key'], recorded: string, observed: string | null): Side => ({
    key,
    recorded,
    observed: observed ?? unheard,
    differs: observed !== null && observed !== recorded,
  })
  const process = status.record?.incarnation.slice(0, shownProcess)
  return [
    side('primary', status.primary ?? nobody, names(primaries)),
    ...(process === undefined ? [] : [side('process', process, primary?.incarnation?.slice(0, shownProcess) ?? null)]),
    side('inSync', names(status.inSync), attached === null ? null : names(attached)),
    side('guard', String(recorded), primary === undefined || set === null ? null : String(set)),
  ]
}
