import type { CertificateChain } from './certificate-chain.ts'

/** Which dates of a certificate count: both, only that it is not of the future, or neither. */
export type DateRule = 'both' | 'notBefore' | 'neither'

/** The position of the first certificate that is not valid by the dates that count, or undefined. */
export function findOutOfDate({
  certificates,
  at,
  dateRule,
}: CertificateChain): number | undefined {
  const found = certificates.findIndex(({ notBefore, notAfter }, position) => {
    const rule = dateRule(position)
    if (rule === 'neither') return false
    // notAfter is a second, and valid to its end.
    const isValid = at >= notBefore && (rule === 'notBefore' || at < notAfter + 1_000)
    return !isValid
  })
  return found < 0 ? undefined : found
}
