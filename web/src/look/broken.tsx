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

export class Broken extends Component<Props, { readonly error: Error | null }> {
  override state = { error: null as Error | null }

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error }
  }

  override componentDidUpdate(before: Props): void {
    if (before.path !== this.props.path && this.state.error !== null) this.setState({ error: null })
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
