// Several cases at once, never more than asked for: the machine is small and its load shows in every figure.

/** Results in the order of the items. A failure ends the whole: the others are not begun. */
export async function parallel<T, R>(items: readonly T[], jobs: number, play: (item: T, job: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async (job: number): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await play(items[at] as T, job)
  }
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, (_, job) => work(job)))
  return results
}
