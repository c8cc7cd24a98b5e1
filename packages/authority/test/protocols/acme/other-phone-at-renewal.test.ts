import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { androidKeyEvidence, newAcmeKey, orderAttested } from '@sallyport/virtual-device'
import { devicePaths, fromBase64url, type IssuedCertificate, toBase64url } from '@sallyport/wire'
import {
  aboutTheApp,
  csrOf,
  type Key,
  makeKey,
  type Phone,
  phoneOf,
  spkiOf,
  takeChallenge,
} from '../../fixture/phone.ts'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

// A managed phone is known by its serial number. Whoever has it renews by the API of our own, and brings what
// another phone attests, which nobody manages.

let deployment: AcmeDeployment
before(async () => {
  deployment = await deployAcme()
})
after(() => deployment.close())

const serialNumber = 'R5CT1234'
async function managedPhone(): Promise<Phone> {
  const privateKey = newAcmeKey()
  const { chain } = await orderAttested(await deployment.open(), {
    identifier: { type: 'permanent-identifier', value: serialNumber },
    phone: { root: phoneRoot, platform: 'android', phone: { serialNumber } },
    key: privateKey,
  })
  const certificates = certificatesFromPem(chain).map(({ der }) => toBase64url(der))
  const key: Key = { privateKey, publicKey: createPublicKey(privateKey) }
  return phoneOf(key, { certificates } as unknown as IssuedCertificate)
}

async function renewWith(held: Phone, attested: { serialNumber?: string }) {
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  const evidence = androidKeyEvidence({
    root: phoneRoot,
    challenge: fromBase64url(challenge) ?? new Uint8Array(),
    spki: spkiOf(key),
    phone: attested,
  })
  const body = { ...aboutTheApp, platform: 'android', challenge, csr: csrOf(key), evidence }
  return deployment.device(devicePaths.renewals, { body, ...held.tls })
}

test('a phone that is known by its serial number renews with evidence that tells the same', async () => {
  const held = await managedPhone()
  for (const other of [{}, { serialNumber: 'R5CT9999' }]) {
    const refused = await renewWith(held, other)
    assert.equal(refused.body.code, 'acme_identifier_mismatch', refused.text)
  }
  const renewed = await renewWith(held, { serialNumber })
  assert.equal(renewed.status, 201, renewed.text)
})
