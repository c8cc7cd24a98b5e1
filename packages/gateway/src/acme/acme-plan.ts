import type { Address } from '../worker/messages.ts'

/** An account with a CA, and the hosts whose certificates come from it. Every file is read. */
export type AcmePlan = {
  readonly name: string
  readonly directoryUrl: string
  readonly email: string | undefined
  /** PEM; undefined: the CAs of the system. */
  readonly ca: string | undefined
  readonly externalAccount: { readonly kid: string; readonly hmacKey: string } | undefined
  readonly challenge: 'http-01' | 'tls-alpn-01'
  readonly http01Listen: Address | undefined
  readonly keyType: 'ec-p256' | 'ec-p384' | 'rsa-2048'
  readonly hosts: readonly string[]
}
