import { fromBase64url } from '@sallyport/wire'
import type { Identity } from './client-state.ts'
import type { KeyHandle } from './key-store.ts'
import type { TransportIdentity } from './transport.ts'

/** The identity as the transport takes it. */
export function transportIdentity(identity: Identity, key: KeyHandle): TransportIdentity {
  const certificates = identity.certificates.flatMap((text) => fromBase64url(text) ?? [])
  return { key, certificates }
}
