import { nameText } from '@sallyport/pki'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import type { CertificateChain } from './certificate-chain.ts'
import { findOutOfDate } from './dates.ts'
import { findBrokenName, findBrokenSignature } from './links.ts'

/** What a subject must have so that the checks of chains can be run on it. */
export type ChainSubject = { readonly chain: CertificateChain }

/** What is checked of every chain of certificates, whatever it attests. RFC 5280's CA bits are not. */
export const chainChecks: readonly CheckRow<ChainSubject>[] = [
  {
    name: 'root',
    code: 'attestation_root_untrusted',
    kind: 'proof',
    run: ({ chain: { certificates, end } }) => {
      const last = certificates.at(-1)
      const found =
        end === undefined
          ? `${text(last?.subject)}, issued by ${text(last?.issuer)}`
          : `${text(end.anchor.subject)}, key ${end.anchor.spkiSha256}`
      return holds(end !== undefined, 'a configured root', found)
    },
  },
  {
    name: 'names',
    code: 'attestation_names_broken',
    kind: 'proof',
    run: ({ chain }) => {
      const broken = findBrokenName(chain)
      return holds(
        broken === undefined,
        'each certificate names the next one as its issuer',
        broken === undefined ? 'each does' : `certificate ${broken} does not`,
      )
    },
  },
  {
    name: 'signatures',
    code: 'attestation_signature_invalid',
    kind: 'proof',
    run: ({ chain: { certificates, end } }) => {
      // Whoever sent it signed it, for all anyone knows: it is not worth a computation.
      if (end === undefined) return unchecked('not reached', 'a configured root')
      const broken = findBrokenSignature(certificates, end)
      return holds(
        broken === undefined,
        'each certificate is signed by the next one, the last by the root',
        broken === undefined ? 'all verify' : `certificate ${broken} is not`,
      )
    },
  },
  {
    name: 'dates',
    code: 'attestation_certificate_expired',
    kind: 'proof',
    run: ({ chain }) => {
      const position = findOutOfDate(chain)
      return holds(
        position === undefined,
        `valid at ${new Date(chain.at).toISOString()}`,
        position === undefined
          ? 'all are'
          : `certificate ${position}: ${validity(chain, position)}`,
      )
    },
  },
]

function validity({ certificates }: CertificateChain, position: number): string {
  const { notBefore, notAfter } = certificates[position] ?? { notBefore: 0, notAfter: 0 }
  return `${new Date(notBefore).toISOString()} to ${new Date(notAfter).toISOString()}`
}

const text = (name: Uint8Array | undefined): string => (name === undefined ? '' : nameText(name))
