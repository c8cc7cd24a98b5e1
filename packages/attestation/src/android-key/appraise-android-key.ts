import { type Certificate, DerError } from '@sallyport/pki'
import type { Assurance } from '@sallyport/wire'
import type { AttestationResult } from '../attestation-result.ts'
import { findChainEnd } from '../chain/anchors.ts'
import { parseChain } from '../chain/chain-evidence.ts'
import { runChecks } from '../check-table.ts'
import { type EvidenceFault, illFormed, malformedResult, wellFormed } from '../malformed-result.ts'
import type { TrustMaterial } from '../trust.ts'
import { androidKeyChecks } from './android-key-checks.ts'
import { androidKeyClaims, androidKeyFacts } from './android-key-claims.ts'
import type { AndroidKeySubject } from './android-key-subject.ts'
import { assuranceOf } from './assurance.ts'
import { attestedKey } from './attested-key.ts'
import { chainShape, dateRuleOf } from './chain-shape.ts'
import { type KeyDescription, keyDescriptionOid, readKeyDescription } from './key-description.ts'
import type { AndroidKeyPolicy } from './policy.ts'

export type AndroidKeyOptions = {
  /** DER certificates, leaf first, with or without the root; one to ten of at most 16 KiB. */
  readonly chain: readonly Uint8Array[]
  /** What the key must have been made for. Undefined: not checked. */
  readonly challenge?: Uint8Array | undefined
  /** DER SubjectPublicKeyInfo that must be the attested one. Undefined: not checked. */
  readonly spki?: Uint8Array | undefined
  /** Milliseconds. */
  readonly at: number
  readonly trust: TrustMaterial['android']
  readonly policy: AndroidKeyPolicy
  readonly minimumAssurance?: Assurance | undefined
}

const format = 'android-key'

/**
 * Appraises an Android Key Attestation: a chain that ends at a configured root by key, is judged by the
 * position of its certificates, and whose leaf alone describes a key that was generated in hardware, to
 * sign. What no option asks for is listed as unchecked. Nothing throws for what the chain is.
 *
 * Not checked: that the challenge was used once, and who else has seen the evidence. What Android says
 * in `softwareEnforced`, the app above all, is as true as the Android that was booted: ask for a locked
 * bootloader and a verified boot.
 */
export function appraiseAndroidKey(options: AndroidKeyOptions): AttestationResult {
  const certificates = parseChain(options.chain)
  if (!Array.isArray(certificates)) return malformedResult(format, androidKeyChecks, certificates)
  const descriptions = readDescriptions(certificates)
  const subject = subjectOf(certificates, descriptions, options)
  const { checks, accepted, proven } = runChecks(androidKeyChecks, subject)
  const { description, chain } = subject
  const { fault } = descriptions
  // A chain whose KeyDescription cannot be read is still told of, and nothing is proven by it.
  const isProven = proven && fault === undefined && description !== undefined
  return {
    format,
    accepted: accepted && fault === undefined,
    assurance: isProven ? assuranceOf(description) : 'unattested',
    development: chain.end?.anchor.development ?? false,
    checks: [
      fault === undefined
        ? wellFormed(readable, `${certificates.length} certificates`)
        : illFormed(fault),
      ...checks,
    ],
    claims: androidKeyClaims(subject),
    facts: isProven ? androidKeyFacts(subject) : {},
  }
}

const readable = 'X.509 certificates and KeyDescriptions in DER'

type Descriptions = Pick<AndroidKeySubject, 'described' | 'description' | 'attester'> & {
  readonly fault: EvidenceFault | undefined
}

/** Only the first two certificates can be of keys that a phone described; nothing else is read. */
function readDescriptions(certificates: readonly Certificate[]): Descriptions {
  const described = certificates.flatMap(({ extensions }, position) =>
    extensions.has(keyDescriptionOid) ? [position] : [],
  )
  try {
    const [description, attester] = certificates.slice(0, 2).map(readDescription)
    return { described, description, attester, fault: undefined }
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    const fault = { expected: readable, found: error.message }
    return { described, description: undefined, attester: undefined, fault }
  }
}

function readDescription({ extensions }: Certificate): KeyDescription | undefined {
  const extension = extensions.get(keyDescriptionOid)
  return extension === undefined ? undefined : readKeyDescription(extension.value)
}

function subjectOf(
  certificates: readonly Certificate[],
  { described, description, attester }: Descriptions,
  { challenge, spki, at, trust, policy, minimumAssurance }: AndroidKeyOptions,
): AndroidKeySubject {
  const [leaf] = certificates
  if (leaf === undefined) throw new TypeError('a chain that was parsed has a leaf')
  const end = findChainEnd(certificates, trust.anchors)
  const deviceMade = described.includes(1) ? 2 : 1
  const shape = chainShape(certificates, end, deviceMade)
  const dateRule = (position: number) => dateRuleOf(shape, position)
  return {
    chain: { certificates, end, at, deviceMade, dateRule },
    shape,
    described,
    description,
    attester,
    key: attestedKey(leaf),
    attestedSpki: leaf.spki,
    challenge,
    spki,
    trust,
    policy,
    minimumAssurance,
  }
}
