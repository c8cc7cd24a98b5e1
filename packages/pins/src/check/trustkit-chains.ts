import type { Certificate } from '@sallyport/pki'
import type { ChainPath } from '../chain/chain-paths.ts'
import { titleOf } from '../chain/title.ts'
import { keyNameOf, pinOfSpki } from '../pin.ts'
import { firstTrustkit, trustkitReads } from '../trustkit-keys.ts'
import type { About, CheckFinding } from './finding.ts'

/**
 * Keys that a package's TrustKit meets and cannot read. It goes down the chain from its end to the first pinned key, and
 * the first key that it cannot read ends the connection, pinned or not (ssl_pin_verifier.m,
 * TSKTrustEvaluationErrorCouldNotGenerateSpkiHash); 1.6 ended the app.
 */
export function trustkitChains(
  host: string,
  pins: readonly string[],
  paths: readonly ChainPath[],
  about: About,
): CheckFinding[] {
  const met = paths.flatMap(({ certificates }) => metKeys(certificates, new Set(pins)))
  const odd = new Map(
    met
      .filter(({ since }) => since !== firstTrustkit)
      .map((each) => [`${each.key} ${titleOf(each.certificate)}`, each]),
  )
  return [...odd].map(
    ([name, { since }]): CheckFinding =>
      since === 'never'
        ? {
            host,
            outcome: 'broken',
            about,
            what: `TrustKit reads no key of this kind, and refuses chains with it: ${name}`,
            fix: 'Have the certificate issued for RSA of 2048, 3072 or 4096 bits, P-256 or P-384.',
          }
        : {
            host,
            outcome: 'note',
            about,
            what: `TrustKit before ${since} reads no key of this kind, and refuses chains with it: ${name}`,
            fix: `See that the build has TrustKit ${since} or later.`,
          },
  )
}

type Met = { readonly certificate: Certificate; readonly key: string; readonly since: string }

/** From the end of a chain down to the first pinned key, which must be read as well to be known. */
function metKeys(certificates: readonly Certificate[], pins: ReadonlySet<string>): Met[] {
  const pinned = certificates.findLastIndex(({ spki }) => pins.has(pinOfSpki(spki)))
  return certificates.slice(Math.max(pinned, 0)).map((certificate) => {
    const key = keyNameOf(certificate.spki) ?? certificate.keyDescription
    return { certificate, key, since: trustkitReads(key) }
  })
}
