import type { SecretMatch, Verdict } from '../secret-kind.ts'
import { type NeighbourForm, randomNeighbour } from './random-neighbour.ts'

/** 30 random bytes in base64, of all three kinds of characters; a SHA-1 in hex is as long, and is not. */
const secretKey: NeighbourForm = {
  pattern:
    /(?<![A-Za-z0-9+/])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}\d)[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g,
  entropy: 4.2,
}

/**
 * An id of the newer generation holds the number of its account, of twelve digits
 * (https://labs.withsecure.com/publications/a-bitwise-analysis-of-aws-access-key-identifiers.html). The id alone
 * opens nothing: its secret is looked for.
 */
export function checkAwsAccessKey({ secret: id, index, region }: SecretMatch): Verdict | undefined {
  const account = accountOf(id)
  if (account === 'none') return undefined
  const of = account === undefined ? '' : ` It belongs to account ${account}.`
  const key = randomNeighbour(region, index, secretKey)
  if (key === undefined) {
    return {
      name: 'AWS access key id',
      severity: 'low',
      note: `Its secret was not found beside it.${of}`,
    }
  }
  return {
    secret: `${id}:${key.secret}`,
    confidence: key.isNear ? 'firm' : 'tentative',
    note: `${key.isNear ? 'Its secret stands beside it.' : 'What looks like its secret lies among the same strings.'}${of}`,
  }
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Undefined: of the older generation, which does not tell. */
function accountOf(id: string): string | undefined {
  let bits = 0n
  for (const digit of id.slice(4)) bits = (bits << 5n) | BigInt(base32.indexOf(digit))
  const isNewer = bits >> 79n === 1n
  if (!isNewer) return undefined
  const account = (bits >> 39n) & 0xff_ffff_ffffn
  return account <= 999_999_999_999n ? account.toString().padStart(12, '0') : 'none'
}
