import { readFileSync } from 'node:fs'
import path from 'node:path'
import { appraiseAndroidKey, builtInRoots, readEvidenceFile } from '@sallyport/attestation'
import { type Certificate, isSignedBy, parseCertificate } from '@sallyport/pki'
import { fixtures } from './fixtures.ts'
import type { Subject } from './subject.ts'

const limit = 1.5

/** A chain of a real phone, as its file in Google's test data is called. */
export function androidSubject(name: string): Subject {
  const file = readEvidenceFile(
    readFileSync(path.join(fixtures, 'android/google-keyattestation', `${name}.pem`)),
  )
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
  const signatures = signed(certificates).map(
    ({ signatureAlgorithm, tbs, signature }, position) => {
      const { publicKey: key } = certificates[position + 1] ?? root
      return { key, algorithm: signatureAlgorithm, tbs, signature }
    },
  )
  return {
    name,
    about: `${root.keyDescription} root, ${certificates.length} certificates`,
    verify: () => appraiseAndroidKey(options).accepted,
    bare: {
      count: signatures.length,
      verify: () =>
        signatures.every(({ key, algorithm, tbs, signature }) =>
          isSignedBy(key, algorithm, tbs, signature),
        ),
      limit,
    },
  }
}

/**
 * Those that vouch for something: each certificate's by the next one's key, and that of a root by itself
 * where it is a re-issue. A root that is configured byte by byte is believed as it is.
 */
function signed(certificates: readonly Certificate[]): readonly Certificate[] {
  const root = certificates.at(-1)
  const isConfigured = builtInRoots.google.some(({ certificate }) =>
    root?.der.equals(certificate.der),
  )
  return isConfigured ? certificates.slice(0, -1) : certificates
}

/** An hour after the youngest of the certificates above the leaf began: remotely provisioned ones live for weeks. */
function timeOf([, ...issuers]: readonly Certificate[]): number {
  return Math.max(...issuers.map(({ notBefore }) => notBefore)) + 3_600_000
}
