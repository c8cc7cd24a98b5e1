import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createSigningRequest, generateKey } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { readEstRequest } from '../../../src/protocols/est/read-request.ts'
import { basic, deployEst, type EstPlace, estApp } from './est-place.ts'

describe('what an EST request can be', async () => {
  const der = createSigningRequest(await generateKey('ec-p256'))
  const refused = (body: Uint8Array) => {
    try {
      readEstRequest(body, ['ec-p256'])
    } catch (error) {
      assert.ok(isProblem(error) && error.code.startsWith('csr_'), String(error))
    }
  }

  it('is read, or refused as no request, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(der.length - 1), (bytes, at) => {
        refused(bytes)
        refused(Buffer.from(Buffer.from(bytes).toString('base64')))
        const bent = Buffer.from(der)
        bent.set(bytes.subarray(0, 4), Math.min(at, der.length - 4))
        refused(bent)
        refused(Buffer.from(bent.toString('base64')))
      }),
    )
  })

  it('is bounded before it is decoded', () => {
    const begun = performance.now()
    refused(Buffer.alloc(8 * 1024 * 1024, 'A'))
    refused(Buffer.alloc(64 * 1024, '\n'))
    refused(Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----${'-'.repeat(60_000)}`))
    assert.ok(performance.now() - begun < 1_000)
  })
})

describe('EST and whoever guesses', () => {
  let est: EstPlace
  before(async () => {
    est = await deployEst({ apps: estApp('', ', limits: { failuresPerAddressPerHour: 4 }') })
  })
  after(() => est.close())

  it('counts no client that asks what it is to bring, and stops one that guesses', async () => {
    const key = await generateKey('ec-p256')
    for (let count = 0; count < 6; count++) assert.equal((await est.enroll(key)).status, 401)
    for (const authorization of ['Basic', 'Basic !', 'Bearer x', `Basic ${'A'.repeat(5_000)}`]) {
      assert.equal((await est.enroll(key, { headers: { authorization } })).status, 401)
    }
    for (const token of ['x', '', 'a:b', 'ent_guess']) {
      const answer = await est.enroll(key, { headers: { authorization: basic(token) } })
      assert.equal(answer.status, 401)
    }
    const good = await est.enroll(key, { token: await est.token() })
    assert.equal(good.status, 429)
    const { devices } = (await est.admin('/admin/v1/devices')).body
    assert.deepEqual(devices, [])
  })
})
