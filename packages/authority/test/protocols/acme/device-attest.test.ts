import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import {
  type AcmeAccount,
  attestationObject,
  makeDevelopmentRoot,
  type ManagedPhone,
  newAcmeKey,
  openAcmeAccount,
  orderAttested,
} from '@sallyport/virtual-device'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { createSigningRequest } from '@sallyport/pki'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

const iphone = (serialNumber: string): ManagedPhone => ({
  root: phoneRoot,
  platform: 'ios',
  phone: { serialNumber },
})
const android = (serialNumber: string): ManagedPhone => ({
  root: phoneRoot,
  platform: 'android',
  phone: { serialNumber },
})
const permanent = (value: string) => ({ type: 'permanent-identifier', value })

describe('device-attest-01', () => {
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme()
  })
  after(() => deployment.close())

  const deviceOf = async (chain: string) => {
    const [leaf] = certificatesFromPem(chain)
    const answer = await deployment.admin(`/admin/v1/certificates/${leaf?.thumbprint}`)
    assert.equal(answer.status, 200, answer.text)
    const { body } = await deployment.admin(`/admin/v1/devices/${answer.body.deviceId}`)
    return body.device
  }

  it('certifies the key that a managed iPhone attests, and knows its serial number', async () => {
    const account = await deployment.open()
    const { chain } = await orderAttested(account, {
      identifier: permanent('V1RTUALPH0NE'),
      phone: iphone('V1RTUALPH0NE'),
    })
    const device = await deviceOf(chain)
    assert.equal(device.assurance, 'secure-enclave')
    assert.equal(device.platform, 'ios')
  })

  it('certifies the key that an Android phone of a company attests', async () => {
    const account = await deployment.open()
    const { chain } = await orderAttested(account, {
      identifier: { type: 'hardware-module', value: 'r5ct1234' },
      phone: android('R5CT1234'),
      key: newAcmeKey(),
    })
    const device = await deviceOf(chain)
    assert.equal(device.assurance, 'tee')
  })

  const csrOf = (key: KeyObject) => ({
    csr: createSigningRequest({ privateKey: key, publicKey: createPublicKey(key) }).toString(
      'base64url',
    ),
  })
  /** An order up to its challenge. */
  const begin = async (account: AcmeAccount, value: string, type = 'permanent-identifier') => {
    const newOrder = String(account.directory['newOrder'])
    const order = await account.post(newOrder, { identifiers: [{ type, value }] })
    assert.equal(order.status, 201, order.text)
    const { body } = await account.post(String(order.body.authorizations[0]))
    const [challenge] = body.challenges as { url: string; token: string }[]
    assert.ok(challenge !== undefined)
    return { order, challenge }
  }
  const answer = async (
    account: AcmeAccount,
    challenge: { url: string; token: string },
    attested: { phone: ManagedPhone; key?: KeyObject; token?: string; thumbprint?: string },
  ) => {
    const { phone, key = newAcmeKey() } = attested
    const { token = challenge.token, thumbprint = account.thumbprint } = attested
    const attObj = attestationObject(phone, { token, thumbprint, key }).toString('base64url')
    return account.post(challenge.url, { attObj })
  }
  const badAttestation = 'urn:ietf:params:acme:error:badAttestationStatement'

  const refused: readonly {
    readonly name: string
    readonly ordered: string
    readonly attested: Omit<Parameters<typeof answer>[2], 'key'>
  }[] = [
    {
      name: 'of another device',
      ordered: 'V1RTUALPH0NE',
      attested: { phone: iphone('OTHERPH0NE12') },
    },
    {
      name: 'of an Android phone that tells no serial number',
      ordered: 'R5CT0001',
      attested: { phone: { root: phoneRoot, platform: 'android', phone: {} } },
    },
    {
      name: 'for the token of another order',
      ordered: 'V1RTUALPH0NE',
      attested: { phone: iphone('V1RTUALPH0NE'), token: 'another' },
    },
    {
      name: 'for the account of somebody else',
      ordered: 'R5CT0002',
      attested: { phone: android('R5CT0002'), thumbprint: 'another' },
    },
    {
      name: 'by a root of nobody',
      ordered: 'R5CT0003',
      attested: { phone: { ...android('R5CT0003'), root: makeDevelopmentRoot() } },
    },
    {
      name: 'of a phone that policy does not take',
      ordered: 'R5CT0004',
      attested: {
        phone: {
          root: phoneRoot,
          platform: 'android',
          phone: { serialNumber: 'R5CT0004', deviceLocked: false },
        },
      },
    },
  ]
  for (const { name, ordered, attested } of refused) {
    it(`makes an order invalid by an attestation ${name}`, async () => {
      const account = await deployment.open()
      const { order, challenge } = await begin(account, ordered)
      const answered = await answer(account, challenge, attested)
      assert.equal(answered.status, 200, answered.text)
      assert.equal(answered.body.status, 'invalid')
      assert.equal(answered.body.error.type, badAttestation, answered.text)
      const { body } = await account.post(String(order.headers['location']))
      assert.equal(body.status, 'invalid')
      const finalized = await account.post(String(order.body.finalize), csrOf(newAcmeKey()))
      assert.equal(finalized.body.type, 'urn:ietf:params:acme:error:orderNotReady')
      const again = await answer(account, challenge, { phone: iphone(ordered) })
      assert.equal(again.body.status, 'invalid')
    })
  }

  it('leaves an order as it is by what is no attestation at all', async () => {
    const account = await deployment.open()
    const { order, challenge } = await begin(account, 'V1RTUALPH0NE')
    for (const attObj of [undefined, 7, 'not base64url!']) {
      const answered = await account.post(challenge.url, { attObj })
      assert.equal(answered.status, 400, answered.text)
    }
    const { body } = await account.post(String(order.headers['location']))
    assert.equal(body.status, 'pending')
  })

  it('certifies no key but the attested one, and not that of the account', async () => {
    const account = await deployment.open()
    const { order, challenge } = await begin(account, 'V1RTUALPH0NE')
    const key = newAcmeKey()
    const phone = iphone('V1RTUALPH0NE')
    const finalize = String(order.body.finalize)
    assert.equal((await answer(account, challenge, { phone, key })).body.status, 'valid')
    for (const other of [newAcmeKey(), account.key]) {
      const answered = await account.post(finalize, csrOf(other))
      assert.equal(answered.body.type, 'urn:ietf:params:acme:error:badCSR', answered.text)
    }
    assert.equal((await account.post(finalize, csrOf(key))).body.status, 'valid')
  })

  it('answers many who finalize at once with one certificate', async () => {
    const account = await deployment.open()
    const { order, challenge } = await begin(account, 'R5CT0010')
    const key = newAcmeKey()
    await answer(account, challenge, { phone: android('R5CT0010'), key })
    const finalize = String(order.body.finalize)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => account.post(finalize, csrOf(key))),
    )
    for (const one of answers) assert.equal(one.body.status, 'valid', one.text)
    const listed = await deployment.admin('/admin/v1/devices?limit=500')
    const mine = listed.body.devices.filter(
      ({ identifier }: { identifier?: string }) => identifier === 'R5CT0010',
    )
    assert.ok(mine.length <= 1)
  })

  it('goes on with an order after the authority ended in the middle of it', async () => {
    const key = newAcmeKey()
    const accountKey = newAcmeKey()
    const account = await deployment.open({ key: accountKey })
    const { order, challenge } = await begin(account, 'R5CT0011')
    await answer(account, challenge, { phone: android('R5CT0011'), key })
    await deployment.restart()
    const directory = deployment.directoryUrl
    const again = await openAcmeAccount({ directory, ca: deployment.caPem, key: accountKey })
    const { origin } = new URL(directory)
    const at = (url: unknown) => origin + new URL(String(url)).pathname
    const first = await again.post(at(order.body.finalize), csrOf(key))
    assert.equal(first.body.status, 'valid', first.text)
    await deployment.restart()
    const later = await openAcmeAccount({
      directory: deployment.directoryUrl,
      ca: deployment.caPem,
      key: accountKey,
    })
    const now = new URL(deployment.directoryUrl).origin
    const finalizeNow = now + new URL(String(order.body.finalize)).pathname
    const second = await later.post(finalizeNow, csrOf(key))
    assert.equal(second.body.status, 'valid', second.text)
    const path = new URL(String(second.body.certificate)).pathname
    assert.equal((await later.post(now + path)).status, 200)
  })

  it('supersedes the device that it was before, and revokes what its holder gives up', async () => {
    const account = await deployment.open()
    const order = () =>
      orderAttested(account, {
        identifier: permanent('R5CT0020'),
        phone: android('R5CT0020'),
      })
    const [before, after] = [await order(), await order()]
    assert.equal((await deviceOf(before.chain)).status, 'superseded')
    assert.equal((await deviceOf(after.chain)).status, 'active')
    const der = certificatesFromPem(after.chain)[0]?.der.toString('base64url')
    const revokeCert = String(account.directory['revokeCert'])
    const stranger = await deployment.open()
    const refusal = await stranger.post(revokeCert, { certificate: der })
    assert.equal(refusal.body.type, 'urn:ietf:params:acme:error:unauthorized')
    const reason = await account.post(revokeCert, { certificate: der, reason: 6 })
    assert.equal(reason.body.type, 'urn:ietf:params:acme:error:badRevocationReason')
    const done = await account.post(revokeCert, { certificate: der, reason: 1 })
    assert.equal(done.status, 200, done.text)
    const again = await account.post(revokeCert, { certificate: der, reason: 1 })
    assert.equal(again.body.type, 'urn:ietf:params:acme:error:alreadyRevoked')
  })

  it('brings no device back that an operator revoked, but by a credential made since', async () => {
    const account = await deployment.open()
    const wish = { identifier: permanent('R5CT0030'), phone: android('R5CT0030') }
    const { id } = await deviceOf((await orderAttested(account, wish)).chain)
    await deployment.admin(`/admin/v1/devices/${id}/revoke`, { body: { reason: 'lost' } })
    await assert.rejects(orderAttested(account, wish), /device_revoked/)
    const invited = await deployment.open()
    await orderAttested(invited, wish)
  })

  it('and its order are for one device, or for names that are listed', async () => {
    const account = await deployment.open()
    const newOrder = String(account.directory['newOrder'])
    for (const [identifiers, type] of [
      [[{ type: 'ip', value: '192.0.2.1' }], 'unsupportedIdentifier'],
      [[permanent('A'), permanent('B')], 'unsupportedIdentifier'],
      [[permanent('with space')], 'malformed'],
      [[], 'malformed'],
      [[{ type: 'dns', value: '*.example.internal' }], 'rejectedIdentifier'],
      [[{ type: 'dns', value: 'a.b.example.internal' }], 'rejectedIdentifier'],
      [[{ type: 'dns', value: 'example.com' }], 'rejectedIdentifier'],
      [[permanent('A'), { type: 'dns', value: 'a.example.internal' }], 'unsupportedIdentifier'],
    ] as const) {
      const refusal = await account.post(newOrder, { identifiers })
      assert.equal(refusal.body.type, `urn:ietf:params:acme:error:${type}`, refusal.text)
    }
  })
})
