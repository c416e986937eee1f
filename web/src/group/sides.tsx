// What is recorded beside what is observed. Where they differ is where regroup has work, or waits.
import type { GroupStatus } from '../api/types.ts'
import { Epoch } from '../look/marks.tsx'
import { useSay } from '../words/words.tsx'

interface Side {
  readonly key: 'primary' | 'inSync' | 'guard'
  readonly recorded: string
  readonly observed: string
  readonly differs: boolean
}

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
    </section>
  )
}

function sidesOf(status: GroupStatus, nobody: string, unheard: string): Side[] {
  // Both sides in the order of the spec, so that equal sets read equal.
  const names = (list: readonly string[]): string =>
    list.length === 0 ? nobody : status.nodes.flatMap(({ id }) => (list.includes(id) ? [id] : [])).join(', ')
  const primaries = status.nodes
    .filter(({ role, health }) => health === 'up' && (role === 'primary' || role === 'foreign primary'))
    .map(({ id }) => id)
  const linked = status.nodes
    .filter(({ id, health, linkUp }) => health === 'up' && (linkUp === true || primaries.includes(id)))
    .map(({ id }) => id)
  const { recorded, set } = status.guard
  return [
    {
      key: 'primary',
      recorded: status.primary ?? nobody,
      observed: names(primaries),
      differs: names(primaries) !== (status.primary ?? nobody),
    },
    {
      key: 'inSync',
      recorded: names(status.inSync),
      observed: names(linked),
      differs: names(status.inSync) !== names(linked),
    },
    { key: 'guard', recorded: String(recorded), observed: set === null ? unheard : String(set), differs: set !== null && set !== recorded },
  ]
}
