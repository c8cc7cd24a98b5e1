import type { Certificate } from '@sallyport/pki'
import type { ChainPath } from '../chain/chain-paths.ts'
import { pinOfSpki } from '../pin.ts'
import type { Pin, PinnedHost } from '../pins-file.ts'
import { asGivenToAts } from '../survival.ts'

/** What clients compare: digests, base64, of keys or of whole certificates. */
export type PinnedDigests = {
  readonly compare: PinnedHost['compare']
  readonly digests: ReadonlySet<string>
  /** Where in the chain they are looked for; undefined: anywhere. */
  readonly at?: 'ca' | 'leaf'
}

const digestOf: Readonly<Record<PinnedHost['compare'], (certificate: Certificate) => string>> = {
  key: ({ spki }) => pinOfSpki(spki),
  certificate: ({ thumbprint }) => Buffer.from(thumbprint, 'base64url').toString('base64'),
}

export function digestsOf({ compare, pins }: PinnedHost): PinnedDigests {
  const digests = pins.map((pin) => pinDigest(pin, compare)).filter((each) => each !== undefined)
  return { compare, digests: new Set(digests) }
}

/** What App Transport Security is given of a host, where that is a part: it looks for each pin in its place alone. */
export function atsDigestsOf(host: PinnedHost): PinnedDigests | undefined {
  const given = asGivenToAts(host)
  if (given?.ats === undefined) return undefined
  return { ...digestsOf(given), at: given.ats }
}

/** What a pin is compared by; undefined where a whole certificate is asked for and not there. */
export function pinDigest(pin: Pin, compare: PinnedHost['compare']): string | undefined {
  if (compare === 'key') return pin.sha256
  return pin.certificate === undefined ? undefined : digestOf.certificate(pin.certificate)
}

/** One certificate of a path that is pinned, and where it stands. */
export type Match = {
  readonly certificate: Certificate
  readonly digest: string
  readonly place: Pin['place']
}

/** The pinned certificates of a path. Clients take a path with one of them. */
export function matchesOf({ compare, digests, at }: PinnedDigests, path: ChainPath): Match[] {
  return path.certificates.flatMap((certificate, index) => {
    if (at !== undefined && (index === 0) !== (at === 'leaf')) return []
    const digest = digestOf[compare](certificate)
    return digests.has(digest) ? [{ certificate, digest, place: placeOf(certificate, index) }] : []
  })
}

/** Where a certificate stands in its path. */
export function placeOf({ issuer, subject }: Certificate, index: number): Pin['place'] {
  if (index === 0) return 'leaf'
  return issuer.equals(subject) ? 'root' : 'intermediate'
}
