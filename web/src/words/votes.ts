// How many of how many observers say it.

type SayVotes = (key: 'votes.of', values: { readonly n: string; readonly all: string }) => string

/** The server counts in English, `1 of 1`; what it says in another way stays as it is. */
export function votesIn(votes: string, say: SayVotes): string {
  const [, n, all] = /^(\d+) of (\d+)$/.exec(votes) ?? []
  return n === undefined || all === undefined ? votes : say('votes.of', { n, all })
}
