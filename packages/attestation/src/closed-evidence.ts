import type { Evidence } from '@sallyport/wire'
import type { EvidenceFault } from './malformed-result.ts'

/** Evidence has the members of its format and no others: what nobody reads, nobody checks. */
export function surplusMember(
  evidence: Evidence,
  members: readonly string[],
): EvidenceFault | undefined {
  const surplus = Object.keys(evidence).find((name) => name !== 'format' && !members.includes(name))
  if (surplus === undefined) return undefined
  return { expected: `the members ${members.join(', ')} alone`, found: surplus.slice(0, 40) }
}
