// What stands in the place of a screen that broke: our mistake, said as such, with the way out.
import { Component, type ReactNode } from 'react'

interface Props {
  /** Where one is: another place is another try. */
  readonly path: string
  readonly title: string
  readonly text: string
  readonly verb: string
  readonly children: ReactNode
}

interface State {
  readonly path: string
  readonly error: Error | null
}

export class Broken extends Component<Props, State> {
  override state: State = { path: '', error: null }

  static getDerivedStateFromProps({ path }: Props, state: State): State | null {
    return path === state.path ? null : { path, error: null }
  }

  static getDerivedStateFromError(error: Error): Pick<State, 'error'> {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <div className="note panel" role="alert">
        <h1>{this.props.title}</h1>
        <p>{this.props.text}</p>
        <pre tabIndex={0}>{error.message}</pre>
        <button type="button" className="button main" onClick={() => location.reload()}>
          {this.props.verb}
        </button>
      </div>
    )
  }
}
