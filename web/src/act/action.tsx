// An action in two clicks: the first shows what would happen and whether it is safe, asked of the server itself; the second does it.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type Refusal, ask } from '../api/ask.ts'
import { Dialog } from '../look/dialog.tsx'
import { Refused } from '../look/refused.tsx'
import { useSettled } from '../live/hooks.ts'
import { useSay } from '../words/words.tsx'

export interface ActionProps<Answer> {
  readonly title: string
  /** What it is, in a sentence or two. */
  readonly intro: ReactNode
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** Null while what was filled in is not enough to ask about. */
  readonly ready: boolean
  /** The tag of what the person looked at when this was opened. */
  readonly ifMatch: string | null
  /** What the server says would happen. */
  readonly told: (answer: Answer) => ReactNode
  readonly verb: string
  /** The answer says that nothing would change. */
  readonly idle?: (answer: Answer) => boolean
  /** It can lose data. */
  readonly hard?: boolean
  /** Takes what is now as what is looked at, after it was another. */
  readonly again: () => void
  readonly close: () => void
  readonly done?: (answer: Answer) => void
  readonly children?: ReactNode
}

export function Action<Answer>(props: ActionProps<Answer>) {
  const { title, intro, path, body, ready, ifMatch, told, verb, hard = false, close, children } = props
  const say = useSay()
  const client = useQueryClient()
  const [going, setGoing] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const asked = useSettled(JSON.stringify({ path, body, ready }), 150)
  const settled = asked === JSON.stringify({ path, body, ready })
  const match = ifMatch === null ? {} : { ifMatch }
  const preview = useQuery<Answer, Refusal>({
    queryKey: ['preview', asked, ifMatch],
    queryFn: ({ signal }) => ask(`${path}?dryRun=true`, { method: 'POST', body, ...match, signal }),
    enabled: ready && settled,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  })
  const go = async (): Promise<void> => {
    setGoing(true)
    try {
      const answer = await ask<Answer>(path, { method: 'POST', body, ...match })
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'preview' })
      props.done?.(answer)
      close()
    } catch (error) {
      setRefusal(error as Refusal)
      setGoing(false)
    }
  }
  const shown = refusal ?? preview.error
  const lookAgain = (): void => {
    setRefusal(null)
    props.again()
  }
  return (
    <Dialog title={title} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void go()
        }}
      >
        <p className="intro">{intro}</p>
        {children}
        <Preview busy={preview.isFetching} ready={ready} refusal={shown} lookAgain={lookAgain}>
          {preview.data === undefined || !settled ? null : told(preview.data)}
        </Preview>
        <div className="buttons">
          <button type="button" className="button" onClick={close}>
            {say('act.cancel')}
          </button>
          <button
            type="submit"
            className={`button ${hard ? 'hard' : 'main'}`}
            disabled={going || !settled || preview.data === undefined || shown !== null || props.idle?.(preview.data) === true}
          >
            {going && <span className="wait" />} {verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface PreviewProps {
  readonly busy: boolean
  readonly ready: boolean
  readonly refusal: Refusal | null
  readonly lookAgain: () => void
  /** Null: not answered yet. */
  readonly children: ReactNode
}

function Preview({ busy, ready, refusal, lookAgain, children }: PreviewProps) {
  const say = useSay()
  return (
    <section className="preview" aria-live="polite" aria-busy={busy}>
      <h3>{say('act.preview')}</h3>
      {!ready ? (
        <p className="quiet">{say('act.fill')}</p>
      ) : refusal !== null ? (
        <Refused refusal={refusal}>
          {refusal.code === 'STALE' && (
            <button type="button" className="button" onClick={lookAgain}>
              {say('act.again')}
            </button>
          )}
        </Refused>
      ) : children === null ? (
        <p className="quiet">
          <span className="wait" /> {say('act.asking')}
        </p>
      ) : (
        <div className="would">{children}</div>
      )}
    </section>
  )
}
