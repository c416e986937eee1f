// A form that changes who may use the server: nothing to preview, one answer.
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type Refusal, type Sent, ask } from '../api/ask.ts'
import { Dialog } from '../look/dialog.tsx'
import { Refused } from '../look/refused.tsx'
import { useSay } from '../words/words.tsx'

interface PlainFormProps<Answer> {
  readonly title: string
  readonly intro?: string
  readonly path: string
  readonly method: NonNullable<Sent['method']>
  readonly body: unknown
  readonly ready: boolean
  readonly verb: string
  readonly hard?: boolean
  readonly close: () => void
  /** Given: stays open and shows this of the answer. */
  readonly told?: (answer: Answer) => ReactNode
  readonly children?: ReactNode
}

export function PlainForm<Answer>({
  title,
  intro,
  path,
  method,
  body,
  ready,
  verb,
  hard = false,
  close,
  told,
  children,
}: PlainFormProps<Answer>) {
  const say = useSay()
  const client = useQueryClient()
  const [going, setGoing] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const [answer, setAnswer] = useState<Answer | null>(null)
  const go = async (): Promise<void> => {
    setGoing(true)
    setRefusal(null)
    try {
      const given = await ask<Answer>(path, { method, body })
      void client.invalidateQueries()
      if (told === undefined) close()
      else setAnswer(given)
    } catch (error) {
      setRefusal(error as Refusal)
    }
    setGoing(false)
  }
  return (
    <Dialog title={title} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (answer === null) void go()
          else close()
        }}
      >
        {intro !== undefined && <p className="intro">{intro}</p>}
        {answer === null || told === undefined ? children : told(answer)}
        {refusal !== null && <Refused refusal={refusal} />}
        <div className="buttons">
          {answer === null && (
            <button type="button" className="button" onClick={close}>
              {say('act.cancel')}
            </button>
          )}
          <button type="submit" className={`button ${hard ? 'hard' : 'main'}`} disabled={going || !ready}>
            {going && <span className="wait" />} {answer === null ? verb : say('whatIf.close')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
