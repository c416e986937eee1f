// Run by network.test.ts inside a network of its own: two hosts, one rule each, and what connects from both sides come to. Prints JSON.
import { startRedis } from '../../test/servers/redis.ts'
import { main } from './cleanup.ts'
import { Network, clientIp, controllerIp, knock } from './network.ts'

main({ limitMs: 30_000 }, async () => {
  const network = Network.open()
  const [first, second] = [await network.host('first'), await network.host('second')]
  const start = (host: typeof first): ReturnType<typeof startRedis> =>
    startRedis({ host: host.ip, launcher: host.launcher, config: { bind: host.ip, 'protected-mode': 'no' } })
  const [one, two] = [await start(first), await start(second)]
  const knocks = async (): Promise<string[]> => [
    await knock(controllerIp, one.address, 400),
    await knock(clientIp, one.address, 400),
    await knock(controllerIp, two.address, 400),
    await knock(clientIp, two.address, 400),
  ]
  const before = await knocks()
  network.cut(first, controllerIp, 'DROP')
  network.cut(second, controllerIp, 'REJECT')
  const cut = await knocks()
  network.heal(first)
  network.heal(second)
  const healed = await knocks()
  console.log(JSON.stringify({ before, cut, healed }))
  await Promise.all([one.remove(), two.remove()])
  network.close()
  return 0
})
