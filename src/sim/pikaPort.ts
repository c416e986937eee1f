// The port of a simulated Pika to which its replicas come.
import type { Listener } from './net.ts'
import { type Said, isSaid } from './pikaProcess.ts'
import type { PikaServer } from './pikaServer.ts'
import type { Data } from './stream.ts'

export function replicationPort(server: PikaServer): Listener {
  return {
    get host(): string {
      return server.host
    },
    get listening(): boolean {
      return server.running !== null
    },
    accepted: (conn) => {
      let copying: Data | null = null
      server.running?.links.set(conn, {
        send: (message) => {
          // What is copied is what it holds when it begins.
          if (message.kind === 'copyBegun') copying = server.running?.data ?? null
          conn.answer({ kind: 'pika', message, data: message.kind === 'snapshot' ? copying : null } satisfies Said)
        },
        close: () => conn.closeThere(),
      })
    },
    connected: () => undefined,
    received: (conn, message) => {
      const { running } = server
      const link = running?.links.get(conn)
      if (running !== null && link !== undefined && isSaid(message))
        server.happens(running, conn, () => running.node.heard(link, message.message))
    },
    ended: (conn) => {
      const { running } = server
      const link = running?.links.get(conn)
      running?.links.delete(conn)
      if (running !== null && link !== undefined) server.happens(running, conn, () => running.node.ended(link))
    },
  }
}
