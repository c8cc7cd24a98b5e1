import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, askOnce, connect, eventually } from './support/client.ts'
import { stageCode } from './support/decisions.ts'
import { route, startBed } from './support/gateway.ts'
import { startTestProvider } from './support/identity-provider.ts'
import type { Identity } from './support/world.ts'

const minute = 60_000
const bearer = (token: string) => ({ headers: [`Authorization: Bearer ${token}`] })

test('tokens bound to the certificate of a device', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await startBed(t, {
    hosts: {
      'api.example.com': {
        clientCertificate: 'optional',
        routes: [
          route({ stages: { token: {} } }),
          route({
            match: { path: '/strict/*' },
            stages: { token: { certificateBinding: 'strict' } },
          }),
          route({ match: { path: '/short/*' }, stages: { token: { overlapMinutes: 5 } } }),
          route({ match: { path: '/bound/*' }, stages: { token: { binding: 'certificate' } } }),
          route({ match: { path: '/plain/*' }, stages: { token: { binding: 'none' } } }),
        ],
      },
    },
    identityProviders: { main: provider.settings },
  })
  const { world, authority } = bed
  const now = Date.now()
  const first = await world.device({ notBefore: now - 60 * minute })
  const renewed = await world.device({
    deviceId: first.deviceId,
    predecessors: [first.thumbprint],
    notBefore: now - 5 * minute,
  })
  const stranger = await world.device()
  const bound = (thumbprint: string, claims: Record<string, unknown> = {}) =>
    provider.token({ cnf: { 'x5t#S256': thumbprint }, ...claims })
  const code = async (identity: Identity | undefined, token: string, path = '/') => {
    const answer = await askOnce(bed, identity, path, bearer(token))
    return answer.status === 200 ? 'passed' : await stageCode(bed, answer, 'token')
  }

  await t.test(
    'a token passes with the certificate that it is bound to, and no other',
    async () => {
      const token = await bound(first.thumbprint)
      assert.equal(await code(first, token), 'passed')
      assert.equal(await code(first, token, '/strict/x'), 'passed')
      assert.equal(await code(stranger, token), 'token_bound_elsewhere')
      assert.equal(await code(stranger, token, '/strict/x'), 'token_bound_elsewhere')
    },
  )

  await t.test('a bound token without a certificate never counts as a bearer token', async () => {
    assert.equal(await code(undefined, await bound(first.thumbprint)), 'token_certificate_missing')
  })

  await t.test(
    'what a theft looks like is told to the operator, and not to the caller',
    async () => {
      const answer = await askOnce(bed, stranger, '/', bearer(await bound(first.thumbprint)))
      assert.equal(answer.json()['code'], 'token_binding_failed')
      assert.match(String(answer.headers['www-authenticate']), /^DPoP realm=/)
      assert.doesNotMatch(answer.body, /another device/)
    },
  )

  await t.test('a renewal logs nobody out under lineage, and everybody under strict', async () => {
    const token = await bound(first.thumbprint)
    assert.equal(await code(renewed, token), 'passed')
    assert.equal(await code(renewed, token, '/strict/x'), 'token_binding_outdated')
    const answer = await askOnce(bed, renewed, '/strict/x', bearer(token))
    assert.equal(answer.json()['action'], 'refresh-token')
  })

  await t.test(
    'a token of the successor is of no use to who copied the old certificate',
    async () => {
      assert.equal(await code(first, await bound(renewed.thumbprint)), 'token_bound_elsewhere')
    },
  )

  await t.test('a token issued to the old certificate after the overlap is refused', async () => {
    // The certificate begins no earlier than that of its CA: five minutes before this test.
    const issued = (secondsAgo: number) =>
      bound(first.thumbprint, { iat: Math.floor(now / 1_000) - secondsAgo })
    assert.equal(await code(renewed, await issued(60), '/short/x'), 'passed')
    assert.equal(await code(renewed, await issued(-5), '/short/x'), 'token_issued_after_renewal')
    assert.equal(await code(renewed, await issued(-5)), 'passed')
  })

  await t.test('a thumbprint in hexadecimal is named as such', async () => {
    const hex = Buffer.from(first.thumbprint, 'base64url').toString('hex')
    assert.equal(await code(first, await bound(hex)), 'token_confirmation_hex')
  })

  await t.test('a route that demands a binding refuses a token without one', async () => {
    const token = await provider.token()
    assert.equal(await code(first, token, '/bound/x'), 'token_binding_required')
    assert.equal(await code(first, await bound(first.thumbprint), '/bound/x'), 'passed')
    const jkt = await provider.token({ cnf: { jkt: first.thumbprint } })
    assert.equal(await code(first, jkt, '/bound/x'), 'token_binding_required')
  })

  await t.test('a route without bindings takes no bound token', async () => {
    assert.equal(await code(first, await provider.token(), '/plain/x'), 'passed')
    const token = await bound(first.thumbprint)
    assert.equal(await code(first, token, '/plain/x'), 'token_binding_unchecked')
  })

  await t.test(
    'one connection may bring tokens of several users, each decided by itself',
    async () => {
      const socket = await connect(bed, first)
      const good = await bound(first.thumbprint)
      const stolen = await bound(stranger.thumbprint)
      for (const [token, status] of [
        [good, 200],
        [stolen, 401],
        [good, 200],
        [good, 200],
        [stolen, 401],
      ] as const) {
        assert.equal((await ask(socket, '/', bearer(token))).status, status)
      }
      socket.destroy()
    },
  )

  await t.test(
    'a superseded predecessor still counts, a revoked one no longer, at once',
    async () => {
      const token = await bound(first.thumbprint)
      const socket = await connect(bed, renewed)
      authority.change('certificate', first.thumbprint, 'superseded')
      await eventually(async () => (await askOnce(bed, first)).status === 401)
      assert.equal((await ask(socket, '/', bearer(token))).status, 200)
      authority.change('certificate', first.thumbprint, 'revoked')
      await eventually(async () => (await ask(socket, '/', bearer(token))).status === 401)
      assert.equal(await code(renewed, token), 'token_predecessor_revoked')
      assert.equal(await code(renewed, await bound(renewed.thumbprint)), 'passed')
      socket.destroy()
    },
  )
})

test('predecessors count only where an issuer of this deployment names them', async (t) => {
  const provider = await startTestProvider(t)
  const foreign = await (await import('./support/world.ts')).createWorld()
  const device = await foreign.device()
  const bed = await startBed(t, {
    hosts: {
      'api.example.com': {
        clientCertificate: 'optional',
        routes: [route({ stages: { token: {} } })],
      },
    },
    identityProviders: { main: provider.settings },
  })
  // Its certificate is of another world: not believed, whatever it names.
  const renewed = await foreign.device({ predecessors: [device.thumbprint] })
  const token = await provider.token({ cnf: { 'x5t#S256': device.thumbprint } })
  assert.equal((await askOnce(bed, renewed, '/', bearer(token))).status, 401)
})
