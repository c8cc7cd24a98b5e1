import { appraisePlayIntegrity } from '../../../src/index.ts'
import {
  at,
  clientData,
  encrypt,
  integrityToken,
  policy,
  signedVerdict,
  verdict,
} from '../../play-integrity/integrity-token.ts'
import type { FuzzVector, Outcome } from '../fuzz-vector.ts'

async function outcomeOf(token: string): Promise<Outcome> {
  const result = await appraisePlayIntegrity({ token, clientData, at, policy })
  return { accepted: result.accepted, checks: result.checks, told: result.claims }
}

const partsOf = (compact: string): Buffer[] =>
  compact.split('.').map((part) => Buffer.from(part, 'latin1'))
const compactOf = (parts: readonly Buffer[]): string =>
  parts.map((part) => part.toString('latin1')).join('.')

/** A token; the JWS inside, encrypted anew; and the verdict in it, signed and encrypted anew. */
export async function playIntegrityVectors(): Promise<readonly FuzzVector[]> {
  return [
    {
      name: 'play-integrity: a token',
      isAccepted: true,
      parts: partsOf(await integrityToken()),
      appraise: (parts) => outcomeOf(compactOf(parts)),
      // AES-GCM and the key wrap cover every bit, and base64url has one form: nothing may differ.
      covered: compactOf,
    },
    {
      name: 'play-integrity signed part: a token',
      isAccepted: true,
      parts: partsOf(await signedVerdict(verdict)),
      appraise: async (parts) => outcomeOf(await encrypt(Buffer.from(compactOf(parts), 'latin1'))),
      // Not covered: how base64url writes the signature. Google's encryption covers that.
      covered: (parts) => {
        const [header, payload, signature = ''] = compactOf(parts).split('.')
        return [header, payload, Buffer.from(signature, 'base64url')]
      },
    },
    {
      name: 'play-integrity verdict: a token',
      isAccepted: true,
      parts: [Buffer.from(JSON.stringify(verdict))],
      appraise: async (parts) => outcomeOf(await integrityToken(Buffer.concat(parts))),
    },
  ]
}
