import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import type { AssertionKey } from './sign-assertion.ts'

/** A public key as services get it (RFC 7517). */
export type PublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

/**
 * The keys of a gateway. `next` is published before it signs, so that a service which has the set
 * already knows it; of `previous` only the public half is kept, for what was signed a moment ago.
 */
export type KeyRing = {
  readonly current: AssertionKey
  readonly others: readonly PublicJwk[]
}

export function newAssertionKey(): AssertionKey {
  return assertionKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
}

/** @throws TypeError where the text is no P-256 private key in PEM */
export function readAssertionKey(pem: string): AssertionKey {
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new TypeError(`a key of kind ${privateKey.asymmetricKeyType}, not P-256`)
  }
  return assertionKey(privateKey)
}

function assertionKey(privateKey: KeyObject): AssertionKey {
  return { kid: publicJwk(privateKey).kid, privateKey }
}

export function publicJwk(privateKey: KeyObject): PublicJwk {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  // RFC 7638 §3: the required members, in the order of their names, without a space.
  const kid = createHash('sha256')
    .update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)
    .digest('base64url')
  return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }
}

export function keySet({ current, others }: KeyRing): { keys: PublicJwk[] } {
  return { keys: [publicJwk(current.privateKey), ...others] }
}
