import {
  type BindingFault,
  checkProof,
  type DpopProof,
  type ProofChecker,
} from '@sallyport/token/binding'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import type { KnownToken } from './known-token.ts'
import type { Credentials, Scheme } from './read-credentials.ts'
import type { TokenRules } from './token-rules.ts'

const notUnderDpop: BindingFault = {
  code: 'dpop_proof_required',
  check: 'scheme',
  expected: 'Authorization: DPoP, for the token is bound to a key',
  found: 'Bearer',
}
const notBound: BindingFault = {
  code: 'token_binding_required',
  check: 'scheme',
  expected: 'under DPoP a token that is bound to a DPoP key',
  found: 'one that is not',
}
const noProof: BindingFault = {
  code: 'dpop_proof_required',
  check: 'proof',
  expected: 'a header DPoP with a proof for this request',
  found: 'none',
}
const severalProofs: BindingFault = {
  code: 'dpop_proof_several',
  check: 'proof',
  expected: 'one header DPoP',
  found: 'several',
}

/**
 * The proof that the sender of a request holds the DPoP key of its token (RFC 9449 §7.1). A token that is
 * bound to one never counts under Bearer, and one that is not never under DPoP.
 *
 * @returns undefined where the token is bound to none, and came as such
 */
export function checkRequestProof(
  request: GatewayRequest,
  { token: { confirmation }, hash }: KnownToken,
  scheme: Scheme,
  { proof, proofs }: Credentials,
  rules: TokenRules,
  checker: ProofChecker,
): DpopProof | BindingFault | undefined {
  if (confirmation.jkt === undefined) return scheme === 'DPoP' ? notBound : undefined
  if (scheme === 'Bearer') return notUnderDpop
  if (proofs > 1) return severalProofs
  if (proof === undefined) return noProof
  const { exchange, host, at } = request
  const origin = rules.publicOrigin ?? `https://${exchange.authority ?? host.plan.name}`
  return checkProof(
    proof,
    {
      method: exchange.method,
      targetUri: `${origin}${pathOf(exchange.target)}`,
      keyThumbprint: confirmation.jkt,
      tokenHash: hash,
      now: at,
    },
    rules.proof,
    checker,
  )
}

function pathOf(target: string): string {
  const question = target.indexOf('?')
  return question < 0 ? target : target.slice(0, question)
}
