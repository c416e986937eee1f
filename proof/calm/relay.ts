// Takes connections on one port, hands every byte to another address, and lets the answers come late: `relay.ts PORT HOST PORT MAX_MS`.
import { connect, createServer } from 'node:net'

const [ownPort, host = '', port, mostMs] = process.argv.slice(2)

const server = createServer((near) => {
  const far = connect({ host, port: Number(port) })
  let last = 0
  /** Late, and in order. */
  const late = (happen: () => void): void => {
    last = Math.max(last, performance.now() + Math.random() * Number(mostMs))
    setTimeout(happen, last - performance.now())
  }
  for (const socket of [near, far]) {
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
  }
  near.on('data', (bytes) => far.write(bytes))
  near.on('close', () => far.destroy())
  far.on('data', (bytes) => late(() => near.write(bytes)))
  far.on('close', () => late(() => near.destroy()))
})
server.listen(Number(ownPort), '0.0.0.0', () => console.log('listening'))
