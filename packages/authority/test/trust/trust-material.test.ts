import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInRoots, trustAnchor, type TrustMaterial } from '@sallyport/attestation'
import { trustMaterials } from '../../src/trust/trust-material.ts'
import { makeRoot } from '../fixture/roots.ts'

const anchorsOf = ({ android, appAttest, appAttestReceipts, managedDevices }: TrustMaterial) =>
  [android, appAttest, appAttestReceipts, managedDevices].map(({ anchors }) => anchors)

test('a development root is an anchor of every format, for development alone', async () => {
  const root = trustAnchor(await makeRoot(), { development: true })
  const android = { anchors: builtInRoots.google, statusList: undefined }
  const { production, development } = trustMaterials({ android, developmentRoots: [root] })
  for (const anchors of anchorsOf(production)) {
    assert.ok(anchors.length > 0)
    assert.ok(anchors.every((anchor) => !anchor.development))
  }
  for (const [index, anchors] of anchorsOf(development).entries()) {
    assert.deepEqual(anchors, [...(anchorsOf(production)[index] ?? []), root])
  }
})
