import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyDeviceCertificate } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { SignerInput } from '../../src/signer/signer.ts'
import { certificateIn, makeSigner, newSpki, signerBounds } from '../fixture/signer.ts'

const made = await makeSigner()
const { signer } = made
const dayMs = 24 * 3_600_000

type Order = SignerInput<'deviceCertificate'>

async function order(change: Partial<Order> = {}): Promise<Order> {
  return {
    issuer: made.wallet,
    spki: await newSpki(),
    deviceId: newId('device'),
    assurance: 'tee',
    facts: { platform: 'android', appVersion: '1.0', appraisedAt: Date.now() },
    predecessors: [],
    ...change,
  }
}

const isRefused = (found: RegExp) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === 'signer_refused', String(error))
  assert.match(error.found ?? '', found)
  return true
}

test('a certificate is of the app of the key, of the trust domain and the lifetime of the configuration', async () => {
  const certificate = certificateIn(await signer.deviceCertificate(await order()))
  const ca = certificateIn(made.wallet)
  const verified = verifyDeviceCertificate(certificate.der, {
    version: 1,
    allowDevelopment: false,
    issuers: [
      { certificate: ca, own: true, kind: 'device', trustDomain: 'example.com', appId: 'wallet' },
    ],
  })
  assert.ok(verified.ok, JSON.stringify(verified))
  assert.equal(verified.device.appId, 'wallet')
  assert.ok(Math.abs(certificate.notAfter - Date.now() - 7 * dayMs) < 5_000)
})

test('a development CA issues for a day at most', async () => {
  const issued = await signer.deviceCertificate(await order({ issuer: made.development }))
  assert.ok(certificateIn(issued).notAfter <= Date.now() + dayMs)
})

const refused: readonly (readonly [
  string,
  Partial<Order> | (() => Promise<Partial<Order>>),
  RegExp,
])[] = [
  ['a hundred years', { notAfter: Date.now() + 36_500 * dayMs }, /^21/],
  ['an end that is past', { notAfter: Date.now() - 1 }, /20/],
  ['a name that is no device', { deviceId: 'admin' }, /admin/],
  ['a path into another app', { deviceId: '../../app/bank/device/x' }, /bank/],
  [
    'a kind of key that the app does not take',
    async () => ({ spki: await newSpki('ec-p384') }),
    /p384/,
  ],
  [
    'the certificate of another app with this key',
    { issuer: { ...made.wallet, certificate: made.bank.certificate } },
    /another key/,
  ],
  [
    'the key of another app with this certificate',
    { issuer: { ...made.wallet, keyName: made.bank.keyName } },
    /another key/,
  ],
  ['the key of a root', { issuer: made.roots.device }, /device-root/],
  ['the key of the service root', { issuer: made.roots.service }, /service-root/],
  ['assurance of a CA that proves nothing', { issuer: made.unattested }, /tee/],
  [
    'a lineage of a CA that proves nothing',
    { issuer: made.unattested, assurance: 'unattested', predecessors: ['A'.repeat(43)] },
    /1 predecessors/,
  ],
]

for (const [what, change, found] of refused) {
  test(`the signer refuses ${what}`, async () => {
    const changed = typeof change === 'function' ? await change() : change
    await assert.rejects(signer.deviceCertificate(await order(changed)), isRefused(found))
  })
}

test('what the configuration no longer has is signed no more: the trust domain, the app, its profile', async () => {
  let bounds = signerBounds
  const changing = await makeSigner({ bounds: () => bounds })
  const own = await order({ issuer: changing.wallet })
  const refusedUnder = async (change: Partial<typeof bounds>, found: RegExp) => {
    bounds = { ...signerBounds, ...change }
    await assert.rejects(changing.signer.deviceCertificate(own), isRefused(found))
  }
  await refusedUnder({ trustDomain: 'other.example' }, /example\.com/)
  await refusedUnder({ apps: {} }, /wallet/)
  await refusedUnder({ apps: { wallet: { insecureDevelopmentDevices: false } } }, /wallet/)
})

test('a CA for an app that is not configured is refused, and one under the wrong root', async () => {
  const ca = { kind: 'device' as const, lane: '', generation: 1, root: made.roots.device }
  await assert.rejects(signer.issuingCa({ ...ca, appId: 'evil' }), isRefused(/evil/))
  const other = { ...ca, appId: 'wallet', kind: 'development' as const }
  await assert.rejects(signer.issuingCa(other), isRefused(/device-root/))
  const bank = { ...other, appId: 'bank', root: made.roots.development }
  await assert.rejects(signer.issuingCa(bank), isRefused(/bank/))
})
