import type { AddressField } from '../forwarded/client-address.ts'
import type { ForwardedForm } from '../forwarded/read-forwarded-chain.ts'

/** How a proxy proves to be it. */
export type HopProof =
  /** CA certificates in DER, and the names that its own may have. */
  | {
      readonly kind: 'mutualTls'
      readonly issuers: readonly Uint8Array[]
      readonly names: readonly string[]
    }
  /** The mode of the socket file. */
  | { readonly kind: 'unixSocket'; readonly mode: number }
  /** SHA-256 of each secret that is believed. */
  | { readonly kind: 'sharedSecret'; readonly hashes: readonly Uint8Array[] }
  | { readonly kind: 'network'; readonly from: readonly string[] }

/** A proxy that ends TLS in front of the gateway. */
export type HopPlan = {
  readonly proof: HopProof
  readonly form: ForwardedForm
  readonly address: AddressField | 'connection'
  readonly trusted: readonly string[]
}

export type ListenerPlan = {
  /** As configured; listeners are told apart by it across reloads. */
  readonly name: string
  readonly isPlain: boolean
  /** Networks, or `unix`; undefined where no PROXY protocol is spoken. */
  readonly proxyFrom: readonly string[] | undefined
  readonly hop: HopPlan | undefined
}
