import assert from 'node:assert/strict'
import { it } from 'node:test'
import { toBase64url } from '@sallyport/wire'
import { builtInRoots, evidenceFormats, type TrustMaterial } from '../../src/index.ts'
import { refusalsOf } from './android-fixture.ts'
import { anchor, at, challenge, chainOf, spki } from './forged-chain.ts'

const trust: TrustMaterial = {
  android: { anchors: [anchor], statusList: undefined },
  appAttest: { anchors: builtInRoots.appAttest },
  appAttestReceipts: { anchors: builtInRoots.appAttestReceipts },
  managedDevices: { anchors: builtInRoots.managedDevices },
}
const chain = chainOf().map(toBase64url)

async function appraise(members: Readonly<Record<string, unknown>>, policy = {}) {
  const format = evidenceFormats['android-key']
  assert.ok(format !== undefined)
  const evidence = { format: 'android-key', ...members }
  return format.appraise(evidence, { challenge, spki, at, trust, policy })
}

it('evidence of the wire is a chain in base64url', async () => {
  const result = await appraise({ chain })
  assert.deepEqual(refusalsOf(result), [])
  assert.equal(result.format, 'android-key')
  assert.equal(result.development, true)
})

it('the policy of the app is asked', async () => {
  const result = await appraise(
    { chain },
    { android: { packages: ['com.example.other'] }, minimumAssurance: 'strongbox' },
  )
  const codes = ['android_package_mismatch', 'attestation_assurance_too_low']
  assert.deepEqual(refusalsOf(result), codes)
})

it('evidence of another form is malformed', async () => {
  for (const members of [
    {},
    { chain: 'text' },
    { chain: [] },
    { chain: chain.slice(0, 1) },
    { chain: [1, 2] },
    { chain: ['!', '!'] },
    { chain, more: 1 },
  ]) {
    const result = await appraise(members)
    assert.deepEqual(refusalsOf(result), ['attestation_malformed'])
    assert.equal(result.assurance, 'unattested')
  }
})

it('evidence that is too large is refused before it is read', async () => {
  const long = Array.from({ length: 11 }, () => 'AA')
  assert.deepEqual(refusalsOf(await appraise({ chain: long })), ['attestation_too_large'])
  const large = [...chain.slice(0, 1), 'A'.repeat(22_000)]
  assert.deepEqual(refusalsOf(await appraise({ chain: large })), ['attestation_too_large'])
})
