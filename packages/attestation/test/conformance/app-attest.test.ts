import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { toPem } from '@sallyport/pki'
import { readSignedData } from '@sallyport/pki/cms'
import {
  appraiseAppAttestation,
  appraiseAssertion,
  builtInRoots,
  readReceipt,
} from '../../src/index.ts'
import { type AppAttestEntry, appAttestEntries, appIdOf, spkiOf } from '../fixtures.ts'
import { noOpenssl, withOpenssl } from '../openssl.ts'

/** How many entries there are, and so must be reached. */
const expectedCount = 16

const trust = {
  appAttest: { anchors: builtInRoots.appAttest },
  appAttestReceipts: { anchors: builtInRoots.appAttestReceipts },
}
const base64 = (text: string) => Buffer.from(text, 'base64')
const time = (value: string | Date) => new Date(value).toISOString()
const titleOf = ({ file, type, id }: AppAttestEntry) => `${file}: ${type} ${id}`

describe('real App Attest objects reach the values that their collectors list', () => {
  let reached = 0
  after(() => {
    console.log(`App Attest: ${reached} of ${expectedCount} entries reached`)
    assert.equal(reached, expectedCount)
  })

  for (const entry of appAttestEntries) {
    const { environment, keyIdBase64: keyId } = entry
    const appId = appIdOf(entry)
    const spki = spkiOf(entry)
    it(titleOf(entry), () => {
      if (entry.type === 'attestation') {
        const clientData = base64(entry.clientDataBase64)
        const hash = createHash('sha256').update(clientData).digest('base64')
        assert.equal(hash, entry.clientDataHashSha256Base64)
        const result = appraiseAppAttestation({
          attestation: base64(entry.attestationBase64),
          keyId,
          clientData,
          at: Date.parse(entry.timestamp),
          trust,
          policy: { appIds: [appId], environments: [environment] },
          minimumAssurance: 'app-attested',
        })
        assert.deepEqual(
          result.checks.filter(({ outcome }) => outcome === 'failed'),
          [],
        )
        assert.equal(result.accepted, true)
        assert.equal(result.assurance, 'app-attested')
        assert.equal(result.development, false)
        assert.equal(result.facts.osVersion, String(entry.iOSVersion))
        const { receipt, ...key } = result.appAttestKey ?? {}
        assert.deepEqual(key, { keyId, spki, counter: 0, environment, appId })
        assert.ok(receipt !== undefined)
      }
      if (entry.type === 'assertion') {
        const key = { keyId, spki, counter: entry.counter - 1, environment, appId }
        const result = appraiseAssertion({
          assertion: base64(entry.assertionBase64),
          clientData: base64(entry.clientDataBase64),
          key,
          keyId,
          policy: { appIds: [appId], environments: [environment] },
          minimumAssurance: 'app-attested',
        })
        assert.deepEqual(
          result.checks.filter(({ outcome }) => outcome === 'failed'),
          [],
        )
        assert.equal(result.assurance, 'app-attested')
        assert.deepEqual(result.appAttestKey, { ...key, counter: entry.counter })
      }
      if (entry.type === 'receipt') {
        const { anchors } = trust.appAttestReceipts
        const result = readReceipt(base64(entry.receiptBase64), { anchors, appId, spki })
        assert.deepEqual(
          result.checks.filter(({ outcome }) => outcome === 'failed'),
          [],
        )
        const { properties } = entry
        const { fields } = result
        assert.ok(fields !== undefined)
        assert.equal(fields.appId, appId)
        assert.equal(fields.type, properties.type)
        assert.equal(fields.environment, properties.environment)
        assert.equal(fields.token, properties.token)
        assert.equal(fields.riskMetric ?? null, properties.riskMetric)
        assert.equal(fields.clientHash?.toString('base64'), properties.clientHashBase64)
        assert.equal(time(new Date(fields.creationTime)), time(properties.creationTime))
        assert.equal(time(new Date(fields.expirationTime)), time(properties.expirationTime))
        const notBefore = fields.notBefore === undefined ? null : time(new Date(fields.notBefore))
        assert.equal(notBefore, properties.notBefore)
        assert.deepEqual(fields.certificate.spki, spki)
      }
      reached++
    })
  }
})

describe('real App Attest receipts say to openssl what they say here', () => {
  const [root] = builtInRoots.appAttestReceipts
  const receipts = appAttestEntries.filter((entry) => entry.type === 'receipt')
  for (const entry of receipts) {
    it(titleOf(entry), { skip: noOpenssl }, () => {
      const receipt = base64(entry.receiptBase64)
      const content = withOpenssl((openssl, directory) => {
        writeFileSync(join(directory, 'receipt'), receipt)
        writeFileSync(join(directory, 'root.pem'), toPem('CERTIFICATE', root!.certificate.der))
        const at = `${Math.floor(Date.parse(time(entry.properties.creationTime)) / 1_000)}`
        const trusted = ['-CAfile', 'root.pem', '-purpose', 'any', '-attime', at]
        openssl('cms', '-verify', '-inform', 'DER', '-in', 'receipt', ...trusted, '-out', 'content')
        return readFileSync(join(directory, 'content'))
      })
      assert.deepEqual(readSignedData(receipt).content, content)
    })
  }
})
