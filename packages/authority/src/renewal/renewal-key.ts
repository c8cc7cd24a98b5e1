import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { CertificateRow } from '../store/tables.ts'

export const renewalKeys = ['any', 'new', 'same'] as const

/** Whether a renewal brings the key that it had, another one, or either. */
export type RenewalKey = (typeof renewalKeys)[number]

/** The member of a protocol whose clients renew by it. */
export const renewalKeyMember = {
  renewalKey: Type.Optional(
    Type.Enum([...renewalKeys], {
      default: 'any',
      description: 'Whether a renewal brings the key that it had (same), another one (new), or any',
    }),
  ),
}

/** @throws Problem `csr_key_not_allowed` */
export function refuseRenewalKey(
  rule: RenewalKey,
  current: Pick<CertificateRow, 'spki_sha256'>,
  { spkiSha256 }: { spkiSha256: string },
): void {
  const isSame = current.spki_sha256 === spkiSha256
  if (rule === 'any' || isSame === (rule === 'same')) return
  throw new Problem('csr_key_not_allowed', {
    expected: `the ${rule} key at a renewal`,
    found: isSame ? 'the same key' : 'a new key',
  })
}
