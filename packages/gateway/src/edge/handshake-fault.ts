import type { ReasonCode } from '@sallyport/problem'
import type { HandshakeRecord } from '@sallyport/wire'

export type FaultFacts = Pick<HandshakeRecord, 'expected' | 'found' | 'thumbprint'>

/** Why a handshake is given up. */
export type HandshakeFault = { readonly code: ReasonCode; readonly facts: FaultFacts }

/** What a record takes of each. Names in a certificate are as long as a stranger likes. */
const maxFactCharacters = 500

export function boundedFacts({ expected, found, ...rest }: FaultFacts): FaultFacts {
  return {
    ...rest,
    ...(expected === undefined ? {} : { expected: expected.slice(0, maxFactCharacters) }),
    ...(found === undefined ? {} : { found: found.slice(0, maxFactCharacters) }),
  }
}
