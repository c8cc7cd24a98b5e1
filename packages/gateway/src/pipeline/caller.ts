import type { PresentedToken } from '../tokens/known-token.ts'
import type { PresentedLeaf } from '../trust/presented-leaf.ts'
import type { CallerBlock } from './identity-fields.ts'
import type { Refusal } from './stage.ts'

/**
 * Who sent a request, as far as the gateway believes it: the peer of the TLS connection, or whom an
 * authenticated hop in front of the gateway speaks for. What stages look at is here, never on the
 * connection itself.
 */
export interface Caller {
  /** Of the client: of the connection, or what a listed proxy said of it. IPv6 without brackets. */
  readonly address: string
  /** How the client came. */
  readonly scheme: 'https' | 'http'
  /** The SNI; undefined where the client named no host. */
  readonly serverName: string | undefined
  readonly hasCertificate: boolean
  /** The certificate as the host's present trust sees it; undefined where there is none. */
  currentLeaf(): PresentedLeaf | undefined

  /** Value of `Forwarded` for services (RFC 7239). */
  readonly forwarded: string
  /** Members of every line of the access log about this caller. */
  readonly logMembers: string

  /** Authority last found to be that of the host: the same text on nearly every request. */
  acceptedAuthority: string | undefined
  /** The version of the status table that `statusRefusal` was found in. */
  statusVersion: number
  statusRefusal: Refusal | undefined
  /** The version of the addresses that `addressRefusal` was found in, and until when it holds (`performance.now`). */
  addressVersion: number
  addressGoodUntil: number
  addressRefusal: Refusal | undefined
  /** The token that it brought last, where it was verified: the same one on nearly every request. */
  presentedToken?: PresentedToken | undefined
  /** What services were told of it last. */
  saidBlock?: CallerBlock | undefined
}
