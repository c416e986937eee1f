import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Static } from 'typebox'
import { apiServer, ask, assertShape } from '../../test/api.ts'
import { testTime } from '../../test/facade.ts'
import { Controllers } from './controllerRoutes.ts'

test('controllers: asked -> the one that decides, with what it hears', async (t) => {
  const { url } = await apiServer(t)
  const { controllers } = assertShape(await ask(`${url}/api/v1/controllers`), Controllers) as Static<typeof Controllers>
  assert.deepEqual(
    controllers.map(({ groups, nodes, heard, votes, startedAt }) => ({ groups, nodes, heard, votes, startedAt })),
    [{ groups: 2, nodes: 5, heard: 5, votes: '1 of 1', startedAt: testTime }],
  )
})
