import { type Certificate, parseCertificate, verifyDeviceCertificate } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import type { Authority } from '../../authority.ts'
import { isFromClientCa } from './client-cas.ts'

/** Who asks for a certificate: a holder of a token, a device of ours, or one that a CA vouches for. */
export type EstClient =
  | { kind: 'token'; text: string }
  | { kind: 'device'; certificate: Uint8Array }
  | { kind: 'vouched'; certificate: Certificate }

/** What came with a request (RFC 7030 §3.2.3, §3.3.2). */
export type EstCredentials = {
  /** The header. */
  authorization: string | undefined
  /** DER of the client certificate of the connection. */
  peer: Uint8Array | undefined
}

/**
 * Who a request says it is from. Not checked: whether the token is good, and the status of a device.
 *
 * @throws Problem `enrollment_token_required` where it says nothing that can be believed
 */
export function estClient(
  { issuers, now }: Pick<Authority, 'issuers' | 'now'>,
  { authorization, peer }: EstCredentials,
  clientCas: readonly Certificate[],
): EstClient {
  const text = authorization === undefined ? undefined : passwordOf(authorization)
  if (text !== undefined) return { kind: 'token', text }
  if (peer !== undefined) {
    if (verifyDeviceCertificate(peer, issuers.bundle).ok)
      return { kind: 'device', certificate: peer }
    const certificate = parsed(peer)
    if (certificate !== undefined && isFromClientCa(clientCas, certificate, now())) {
      return { kind: 'vouched', certificate }
    }
  }
  throw new Problem('enrollment_token_required', {
    expected:
      'a one-time token as the password of HTTP Basic, or a client certificate of a listed CA',
    found: peer === undefined ? 'neither' : 'a certificate of nobody who is listed',
  })
}

/** The user name is whatever the client likes; a password of a colon or two is none of ours. */
function passwordOf(authorization: string): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]{1,1000}={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : text.slice(colon + 1)
}

function parsed(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (isProblem(error)) return undefined
    throw error
  }
}
