import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askOnce, eventually } from './support/client.ts'
import { stageCode } from './support/decisions.ts'
import { route, startBed } from './support/gateway.ts'
import { startLiveProvider } from './support/live-provider.ts'
import { createWorld, type TestDevice } from './support/world.ts'

test('tokens of oidc-provider, bound to the certificates of devices', async (t) => {
  const world = await createWorld()
  const provider = await startLiveProvider(t, world)
  const bed = await startBed(t, {
    world,
    hosts: {
      'api.example.com': {
        clientCertificate: 'explain',
        routes: [
          route({ stages: { token: { binding: 'certificate' } } }),
          route({
            match: { path: '/strict/*' },
            stages: { token: { binding: 'certificate', certificateBinding: 'strict' } },
          }),
        ],
      },
    },
    identityProviders: { live: provider.settings },
  })
  const device = await world.device()
  const renewed = await world.device({
    deviceId: device.deviceId,
    predecessors: [device.thumbprint],
  })
  const other = await world.device()
  const call = async (by: TestDevice, token: string, path = '/') => {
    const answer = await askOnce(bed, by, path, { headers: [`Authorization: Bearer ${token}`] })
    return answer.status === 200 ? 'passed' : await stageCode(bed, answer, 'token')
  }
  const app = await provider.app(device)
  const first = await app.signIn()
  const refreshToken = String(first.refresh_token)

  await t.test(
    'authorization code with PKCE, from a device to the answer of a service',
    async () => {
      assert.equal(await call(device, first.access_token), 'passed')
      assert.equal(await call(device, first.access_token, '/strict/x'), 'passed')
    },
  )

  await t.test('from another device the token is refused in both modes', async () => {
    assert.equal(await call(other, first.access_token), 'token_bound_elsewhere')
    assert.equal(await call(other, first.access_token, '/strict/x'), 'token_bound_elsewhere')
  })

  await t.test('a renewal of the certificate logs nobody out under lineage', async () => {
    assert.equal(await call(renewed, first.access_token), 'passed')
    assert.equal(await call(renewed, first.access_token, '/strict/x'), 'token_binding_outdated')
  })

  await t.test(
    'the app refreshes with the renewed certificate, and goes on in both modes',
    async () => {
      const next = await (await provider.app(renewed)).refresh(refreshToken)
      assert.equal(await call(renewed, next.access_token), 'passed')
      assert.equal(await call(renewed, next.access_token, '/strict/x'), 'passed')
      assert.equal(await call(device, next.access_token), 'token_bound_elsewhere')
    },
  )

  await t.test('a public client cannot: the provider bound its refresh token as well', async () => {
    const session = await (await provider.app(device, 'public')).signIn()
    const onRenewed = await provider.app(renewed, 'public')
    await assert.rejects(onRenewed.refresh(String(session.refresh_token)), {
      error: 'invalid_grant',
    })
    // What is left is the token that it has, and then a new sign-in, which it is told.
    assert.equal(await call(renewed, session.access_token), 'passed')
    const answer = await askOnce(bed, renewed, '/strict/x', {
      headers: [`Authorization: Bearer ${session.access_token}`],
    })
    assert.equal(answer.json()['code'], 'token_binding_outdated')
    assert.equal(answer.json()['action'], 'refresh-token')
    const again = await onRenewed.signIn()
    assert.equal(await call(renewed, again.access_token, '/strict/x'), 'passed')
  })

  await t.test(
    'once the earlier certificate is revoked, what is bound to it is refused',
    async () => {
      bed.authority.change('certificate', device.thumbprint, 'revoked')
      await eventually(async () => (await call(renewed, first.access_token)) !== 'passed')
      assert.equal(await call(renewed, first.access_token), 'token_predecessor_revoked')
    },
  )
})
