import { readFileSync } from 'node:fs'
import path from 'node:path'
import { appraiseAndroidKey, builtInRoots, readEvidenceFile } from '@sallyport/attestation'
import { type Certificate, isSignedBy, parseCertificate } from '@sallyport/pki'
import { fixtures } from './fixtures.ts'
import type { Subject } from './subject.ts'

const limit = 1.5

/** A chain of a real phone, as its file below the fixtures of Android is called. */
export function androidSubject(name: string): Subject {
  const file = readEvidenceFile(readFileSync(path.join(fixtures, 'android', `${name}.pem`)))
  if (file.kind !== 'chain') throw new Error(`${name} is no chain`)
  const { chain } = file
  const certificates = chain.map((der) => parseCertificate(der))
  const [leaf] = certificates
  const root = certificates.at(-1)
  if (leaf === undefined || root === undefined) throw new Error(`${name} has no certificate`)
  const options = {
    chain,
    spki: leaf.spki,
    at: timeOf(certificates),
    trust: { anchors: builtInRoots.google, statusList: { entries: new Map(), fetchedAt: 0 } },
    policy: {},
  }
  return {
    name,
    about: `${root.keyDescription} root, ${certificates.length} certificates`,
    signatures: certificates.length,
    verify: () => appraiseAndroidKey(options).accepted,
    verifySignatures: () => areSigned(certificates),
    limit,
  }
}

/** Each by the next one's key, the last by its own. Keys are made at the first call and kept. */
function areSigned(certificates: readonly Certificate[]): boolean {
  return certificates.every(({ signatureAlgorithm, tbs, signature, publicKey }, position) => {
    const issuerKey = certificates[position + 1]?.publicKey ?? publicKey
    return isSignedBy(issuerKey, signatureAlgorithm, tbs, signature)
  })
}

/** An hour after the youngest of the certificates above the leaf began: remotely provisioned ones live for weeks. */
function timeOf([, ...issuers]: readonly Certificate[]): number {
  return Math.max(...issuers.map(({ notBefore }) => notBefore)) + 3_600_000
}
