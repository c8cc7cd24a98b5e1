import { deviceCertificate } from './client-context.ts'
import type { Identity } from './client-state.ts'
import type { KeyHandle } from './key-store.ts'
import type { TransportIdentity } from './transport.ts'

/** The identity as the transport takes it. */
export function transportIdentity(identity: Identity, key: KeyHandle): TransportIdentity {
  return { key, certificates: deviceCertificate(identity).certificates }
}
