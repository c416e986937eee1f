// Whether a node accepts a credential, found out on a connection of its own that is closed at once.
import { Connection, type ConnectionOptions } from './connection.ts'
import { closed, describeFailure } from './outcome.ts'

/** accepted: or the node wants none. refused: it says that the password is wrong. Else why nobody knows. */
export type Acceptance = 'accepted' | 'refused' | { readonly unknown: string }

export async function tryCredential(
  options: Pick<ConnectionOptions, 'address' | 'tls' | 'credential' | 'defaultUser'>,
  timeoutMs: number,
): Promise<Acceptance> {
  const connection = new Connection({ ...options, name: null, greetFirst: true })
  try {
    const answer = await connection.answer([['PING']], timeoutMs)
    if (answer.ok) return 'accepted'
    const { code, message } = describeFailure(answer.failure)
    return code === 'WRONGPASS' ? 'refused' : { unknown: message }
  } finally {
    connection.destroy(closed)
  }
}
