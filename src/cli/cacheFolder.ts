// Where compiled code is kept between two commands.
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder of this user's own: whoever may write there could run code as him, so that a folder that all share will not do.
 * Null for a user without a home.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string | null {
  const base = env['XDG_CACHE_HOME']
  if (base !== undefined && base !== '') return join(base, 'regroup', 'compiled')
  try {
    return join(homedir(), '.cache', 'regroup', 'compiled')
  } catch {
    return null
  }
}
