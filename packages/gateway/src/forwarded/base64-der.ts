import { fromBase64 } from './base64.ts'
import { listMembers } from './byte-sequence.ts'
import { chainOf, type ForwardedChain, unreadable } from './forwarded-chain.ts'
import { percentDecoded } from './escaped-pem.ts'

/** One certificate as base64 of its DER: `ssl_c_der,base64` of HAProxy, Cloudflare, Caddy. */
export function readBase64Der(text: string): ForwardedChain {
  return chainOf([text], fromBase64)
}

/**
 * A chain as base64 of DER, joined by commas, which is PEM without its lines: what Traefik makes.
 * Traefik 2 escaped it as a URL query, Traefik 3 leaves it as it is.
 */
export function readBase64DerList(text: string): ForwardedChain {
  const plain = percentDecoded(text)
  return plain === undefined
    ? unreadable('an escape that is none')
    : chainOf(listMembers(plain), fromBase64)
}
