import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiServer, ask, assertShape, post } from '../../test/api.ts'
import { UserError } from '../errors.ts'
import type { CredentialDesk } from './credentialRoutes.ts'
import { CredentialCheck, CredentialList, Reloaded } from './credentialSchemas.ts'
import { EffectivePolicy, type Problem } from './schemas.ts'

test('credentials: listed, checked, read again -> names and words, never a password', async (t) => {
  const { url } = await apiServer(t)
  const at = `${url}/api/v1/credentials`
  assertShape(await ask(at), CredentialList)
  assertShape(await ask(`${at}/main/check`), CredentialCheck)
  assert.deepEqual(assertShape(await post(`${at}/reload`, {}), Reloaded), { changed: ['main'], restart: ['log'], warnings: [] })
})

test('credentials: what cannot be read again -> refused with each problem', async (t) => {
  const refuses: CredentialDesk = {
    list: () => ({ credentials: [] }),
    check: async () => await Promise.reject(new UserError('BAD_INPUT', 'there is no credential "x"; regroup.yaml has none')),
    reload() {
      throw new UserError('BAD_SETTINGS', 'regroup.yaml has a problem', ['regroup.yaml:1:1 it is wrong'])
    },
  }
  const { url } = await apiServer(t, { credentials: refuses })
  const reload = (await post(`${url}/api/v1/credentials/reload`, {})).body as Problem
  assert.deepEqual([reload.code, reload.details], ['BAD_SETTINGS', ['regroup.yaml:1:1 it is wrong']])
  assert.equal(((await ask(`${url}/api/v1/credentials/x/check`)).body as Problem).code, 'BAD_INPUT')
})

test('policy of a group: every key with its value and its source; an unknown group -> UNKNOWN_GROUP', async (t) => {
  const { url, facade } = await apiServer(t)
  await facade.apply({
    put: [],
    remove: [],
    policies: [{ match: 'o*', policy: { flapFailovers: 7 } }],
    by: 'x',
    why: '',
    dryRun: false,
    ifRevision: null,
  })
  const { policy } = assertShape(await ask(`${url}/api/v1/groups/orders/policy`), EffectivePolicy) as EffectivePolicy
  assert.deepEqual([policy['flapFailovers'], policy['retryDownMs']?.from], [{ value: 7, from: 'policies "o*"' }, 'built in'])
  assert.equal(((await ask(`${url}/api/v1/groups/nope/policy`)).body as Problem).code, 'UNKNOWN_GROUP')
})
