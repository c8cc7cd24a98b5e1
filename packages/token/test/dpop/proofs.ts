import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import {
  checkProof,
  type DpopProof,
  type BindingFault,
  DpopNonces,
  type ProofChecker,
  ProofHeaders,
  type ProofRules,
  type ProvenRequest,
} from '../../src/binding.ts'

export const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
export const tokenHash = createHash('sha256').update(token).digest('base64url')
export const target = 'https://api.example.com/v1/accounts'
/** 2026-11-21T12:00:00Z; milliseconds. */
export const now = Date.UTC(2026, 10, 21, 12)
export const nowSeconds = now / 1_000

export type ProofSigner = {
  readonly jwk: JWK
  readonly jkt: string
  /** Members of undefined are left out. */
  readonly proof: (
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ) => Promise<string>
}

export async function proofSigner(alg = 'ES256'): Promise<ProofSigner> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    jwk,
    jkt: await calculateJwkThumbprint(jwk),
    proof: (claims = {}, header = {}) =>
      new SignJWT(
        given({
          jti: randomUUID(),
          htm: 'GET',
          htu: target,
          iat: nowSeconds,
          ath: tokenHash,
          ...claims,
        }),
      )
        .setProtectedHeader({ alg, ...given({ typ: 'dpop+jwt', jwk, ...header }) })
        .sign(privateKey),
  }
}

export const rules: ProofRules = {
  algorithms: new Set(['ES256', 'ES384', 'ES512', 'PS256', 'EdDSA', 'Ed25519']),
  nonce: 'off',
  windowMs: 60_000,
}

export const newChecker = (): ProofChecker => ({
  headers: new ProofHeaders(),
  nonces: new DpopNonces(new Uint8Array(32).fill(7)),
})

export function check(
  proof: string,
  signer: { readonly jkt: string },
  options: {
    request?: Partial<ProvenRequest>
    rules?: Partial<ProofRules>
    checker?: ProofChecker
  } = {},
): DpopProof | BindingFault {
  return checkProof(
    proof,
    {
      method: 'GET',
      targetUri: target,
      keyThumbprint: signer.jkt,
      tokenHash,
      now,
      ...options.request,
    },
    { ...rules, ...options.rules },
    options.checker ?? newChecker(),
  )
}

/** The code of a fault, or `ok`. */
export function codeOf(verdict: DpopProof | BindingFault): string {
  return 'code' in verdict ? verdict.code : 'ok'
}

function given(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
