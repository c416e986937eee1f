/**
 * Calls `late` after `ms` unless it is cancelled; gives how to cancel.
 * After a pause of our own process timers run before sockets are read; an answer that has arrived must win, so the sockets get one more
 * turn before anybody is called late.
 */
export function deadline(ms: number, late: () => void): () => void {
  let turn: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    turn = setImmediate(late)
  }, ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(turn)
  }
}
