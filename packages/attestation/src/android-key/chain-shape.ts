import { type Certificate, nameAttributes } from '@sallyport/pki'
import type { ChainEnd } from '../chain/certificate-chain.ts'
import type { DateRule } from '../chain/dates.ts'
import type { SecurityLevel } from './key-mint-values.ts'

/** What a chain is by the number and the place of its certificates: `CA` bits of genuine ones lie. */
export type ChainShape = {
  /** Undefined: it is neither, and so of no phone. */
  readonly provisioning: 'factory' | 'remote' | undefined
  /** How many certificates the phone made: the leaf, and that of an attesting key of the phone. */
  readonly deviceMade: number
  /** The certificate of the key of phone or batch that signed what the phone made. */
  readonly batch: Certificate | undefined
  /** Between what the phone made and the root, leaf side first. */
  readonly intermediates: readonly Certificate[]
}

const serialNumber = '2.5.4.5'
const organisation = '2.5.4.10'
/** Of its server and its intermediate, Droid CA3 and Droid CA2. Their common names change with their keys. */
const google = 'Google LLC'

/**
 * Factory: batch, intermediate. Remote: batch, Google's server, Google's intermediate. Before them the
 * one or two certificates that the phone made, after them the root, which may be left out.
 */
export function chainShape(
  certificates: readonly Certificate[],
  end: ChainEnd | undefined,
  deviceMade: number,
): ChainShape {
  const last = certificates.at(-1)
  // A root that is not trusted is still not an intermediate.
  const hasRoot = end?.isIncluded ?? (last !== undefined && last.issuer.equals(last.subject))
  const intermediates = certificates.slice(deviceMade, hasRoot ? -1 : undefined)
  // A root that stands twice would pass for an intermediate, and Google's RSA root for a factory's.
  const isRootAmong =
    end !== undefined && intermediates.some(({ spki }) => spki.equals(end.anchor.spki))
  return {
    provisioning: isRootAmong ? undefined : provisioningOf(intermediates),
    deviceMade,
    batch: intermediates[0],
    intermediates,
  }
}

/**
 * Names tell what numbers alone do not: a factory's chain with one more certificate below it, of a key
 * that the app chose name and dates for, has as many as one of remote provisioning.
 */
function provisioningOf(intermediates: readonly Certificate[]): ChainShape['provisioning'] {
  const [, intermediate, ...above] = intermediates
  if (intermediate === undefined || above.length > 1) return undefined
  if (above.length === 1) {
    const areGoogles = [intermediate, ...above].every(
      (certificate) => attribute(certificate, organisation) === google,
    )
    return areGoogles ? 'remote' : undefined
  }
  // Only a chain of a factory is spared its expiry, so it must name its intermediate as factories do.
  return attribute(intermediate, serialNumber) === undefined ? undefined : 'factory'
}

/**
 * Which dates count at a position. Phones date what they make as their clock, or nobody, has it. Keys
 * from a factory stay in use for the life of the phone, past the ten years of their certificates. The
 * dates of a root say nothing: it is its key that is trusted.
 */
export function dateRuleOf(
  { provisioning, deviceMade, intermediates }: ChainShape,
  position: number,
): DateRule {
  if (position < deviceMade || position >= deviceMade + intermediates.length) return 'neither'
  return provisioning === 'factory' ? 'notBefore' : 'both'
}

/**
 * The security level that the chain was issued for. Remote: Google's server writes it into the batch
 * certificate. Factory: StrongBox chains say so (Android's compatibility tests ask for it), others are
 * those of a TEE. Undefined: it does not say.
 */
export function securityLevelOf({
  provisioning,
  intermediates,
}: ChainShape): SecurityLevel | undefined {
  const [batch] = intermediates
  if (provisioning === undefined || batch === undefined) return undefined
  if (provisioning === 'remote') return remoteLevels.get(attribute(batch, organisation) ?? '')
  const isStrongBox = intermediates.some(({ subject }) =>
    nameAttributes(subject).some(({ value }) => value.toLowerCase().includes('strongbox')),
  )
  return isStrongBox ? 'STRONG_BOX' : 'TRUSTED_ENVIRONMENT'
}

const remoteLevels: ReadonlyMap<string, SecurityLevel> = new Map([
  ['TEE', 'TRUSTED_ENVIRONMENT'],
  ['StrongBox', 'STRONG_BOX'],
])

function attribute(certificate: Certificate, oid: string): string | undefined {
  return nameAttributes(certificate.subject).find((found) => found.oid === oid)?.value
}
