import { createHash } from 'node:crypto'
import {
  DerError,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUtf8,
  parseCertificate,
} from '@sallyport/pki'
import {
  type AndroidKeyOptions,
  type AndroidKeyPolicy,
  appraiseAndroidKey,
  builtInRoots,
  parseStatusList,
  readEvidenceFile,
  readKeyDescription,
  type TrustAnchor,
  trustAnchor,
} from '../../../src/index.ts'
import { authority, certificate, party } from '../../apple-mda/managed-chain.ts'
import { fixture, fixtureNames } from '../fixtures.ts'
import type { FuzzVector, Outcome } from '../fuzz-vector.ts'

const keyDescriptionOid = '1.3.6.1.4.1.11129.2.1.17'
const statusList = parseStatusList('{"entries":{"17":{"status":"REVOKED"}}}', 0)

/** Asks for something in every check that only policy makes. */
const demanding: AndroidKeyPolicy = {
  packages: ['com.example.wallet'],
  signerDigests: ['00'.repeat(32)],
  requireLockedBootloader: true,
  requireVerifiedBoot: true,
  verifiedBootKeys: ['11'.repeat(32)],
  allowAttestKey: true,
  keyKinds: ['ec-p256', 'rsa-2048', 'ml-dsa-65'],
  minimumAttestationVersion: 3,
  minimumOsVersion: 110_000,
  minimumOsPatchLevel: '2025-01',
  minimumVendorPatchLevel: '2025-01-05',
  minimumBootPatchLevel: '2025-01',
  maximumPatchAgeDays: 90,
  userAuthentication: 'required',
  remoteProvisioningFrom: 200,
}

const chains = fixtureNames('android', '.pem').map((path) => {
  const file = readEvidenceFile(Buffer.from(fixture(path)))
  if (file.kind !== 'chain') throw new TypeError(`${path} is no chain`)
  return { name: path.replace(/^.*google-keyattestation\//, ''), chain: file.chain }
})

/** Chains of real phones, each certificate a part: as they are, and with everything asked of them. */
export const androidVectors: readonly FuzzVector[] = chains.flatMap(({ name, chain }) => {
  const at = timeOf(chain)
  const anchors = builtInRoots.google
  const asked = { at, trust: { anchors, statusList: undefined }, policy: {} }
  return [
    {
      name: `android-key: ${name}`,
      isAccepted: appraiseAndroidKey({ chain, ...asked }).accepted,
      parts: chain,
      appraise: async (parts) => outcomeOf({ chain: parts, ...asked }),
      covered: (parts) => belowRoots(parts, anchors),
    },
    {
      name: `android-key with every demand: ${name}`,
      isAccepted: false,
      parts: chain,
      appraise: async (parts) =>
        outcomeOf({
          chain: parts,
          challenge: Buffer.alloc(32),
          spki: Buffer.alloc(91),
          at,
          trust: { anchors, statusList, statusListAge: { maxAgeMs: 1, whenTooOld: 'refuse' } },
          policy: demanding,
          minimumAssurance: 'strongbox',
        }),
      covered: (parts) => belowRoots(parts, anchors),
    },
  ]
})

/**
 * All certificates but those of the anchors, byte for byte: a signature covers each, and DER has one form.
 * A root may be left out, or be another re-issue of its key, for only the key is trusted.
 */
export function belowRoots(parts: readonly Buffer[], anchors: readonly TrustAnchor[]): unknown {
  const keys = new Set(anchors.map(({ spkiSha256 }) => spkiSha256))
  return parts.filter((der) => {
    const { spki } = parseCertificate(der)
    return !keys.has(createHash('sha256').update(spki).digest('hex'))
  })
}

function outcomeOf(options: AndroidKeyOptions): Outcome {
  const { accepted, checks, claims, facts } = appraiseAndroidKey(options)
  return { accepted, checks, told: [claims, facts] }
}

/** When every certificate that a server signed is valid, if ever. */
function timeOf(chain: readonly Buffer[]): number {
  const dates = chain.slice(1).map((der) => parseCertificate(der).notBefore)
  return Math.max(0, ...dates) + 60_000
}

const root = party('Test root')
const batch = party('Test batch', 'P-256')
const leaf = party('Android Keystore Key', 'P-256')
/** Factories name their intermediate by a serial number. */
const serialNumber = derSequence(derSetOf(derSequence(derOid('2.5.4.5'), derUtf8('f92009e8'))))
const intermediate = { ...party('Test intermediate'), name: serialNumber }
const rootDer = certificate({ issuer: root, subject: root, extensions: authority() })
const above = [
  certificate({ issuer: intermediate, subject: batch }),
  certificate({ issuer: root, subject: intermediate, extensions: authority() }),
  rootDer,
]
const trust = { anchors: [trustAnchor(parseCertificate(rootDer))], statusList: undefined }

/** KeyDescriptions of real phones, in a leaf that is signed whatever becomes of them. */
export const keyDescriptionVectors: readonly FuzzVector[] = chains.flatMap(({ name, chain }) => {
  const [der] = chain
  const extension = der && parseCertificate(der).extensions.get(keyDescriptionOid)
  if (extension === undefined) return []
  return [
    {
      name: `key-description: ${name}`,
      parts: [extension.value],
      appraise: async ([description = Buffer.alloc(0)]) => {
        readOrRefuse(description)
        const wrapped = derSequence(derOid(keyDescriptionOid), derOctetString(description))
        const signed = certificate({ issuer: batch, subject: leaf, extensions: [wrapped] })
        const at = Date.UTC(2026, 10, 21, 12)
        return outcomeOf({ chain: [signed, ...above], at, trust, policy: {} })
      },
    },
  ]
})

/** It throws, as readers of DER do, but nothing else than what it says. */
function readOrRefuse(description: Buffer): void {
  try {
    readKeyDescription(description)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
}
