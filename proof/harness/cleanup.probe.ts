// Run by cleanup.test.ts: a proof with one server that then does what its argument says. Prints the server's pid and the directory.
import { startRedis } from '../../test/servers/redis.ts'
import { main } from './cleanup.ts'

main({ limitMs: process.argv[2] === 'hang' ? 700 : 30_000 }, async (dir) => {
  const redis = await startRedis()
  console.log(JSON.stringify({ pid: redis.pid, dir }))
  if (process.argv[2] === 'throw') throw new Error('on purpose')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
  return 0
})
