// A copy of the store as a download, taken while everything goes on.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { access } from './access.ts'

export function backupRoute(app: FastifyInstance): void {
  const summary =
    'A consistent copy of the whole store, for `regroup restore`. It holds everything but the secrets of the settings: keep it private.'
  app.get(
    '/api/v1/backup',
    { exposeHeadRoute: false, config: access('admin', 'system'), schema: { summary, produces: ['application/octet-stream'] } },
    async ({ controller }, reply) => {
      const pieces = controller.backup()[Symbol.asyncIterator]()
      // What can go wrong goes wrong before the first of them, while a problem can still be told.
      const first = await pieces.next()
      return reply
        .type('application/octet-stream')
        .header('content-disposition', 'attachment; filename="regroup-backup.db"')
        .send(Readable.from(resumed(first, pieces), { objectMode: false }))
    },
  )
}

async function* resumed(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value
  } finally {
    // Also when nobody reads on.
    await rest.return?.()
  }
}
