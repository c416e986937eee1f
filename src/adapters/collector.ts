// How the memory of this process is cleaned up.
import { setFlagsFromString } from 'node:v8'

/**
 * Young garbage is collected by the main thread alone. Of what a thousand groups allocate nearly nothing is alive when it is looked at: V8's
 * helper threads are woken for it and wait for each other longer than the work takes, a tenth of all that the process used (measured).
 */
export function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge')
}
