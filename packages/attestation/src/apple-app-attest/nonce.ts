import { createHash } from 'node:crypto'
import type { AuthenticatorData } from './authenticator-data.ts'

/**
 * SHA-256(authenticator data ‖ SHA-256(client data)): in an attestation it stands in the leaf, in an
 * assertion it is what is signed. The authenticator data as they came, with whatever is appended.
 */
export function nonceOf({ bytes }: AuthenticatorData, clientData: Uint8Array): Buffer {
  const clientDataHash = createHash('sha256').update(clientData).digest()
  return createHash('sha256').update(bytes).update(clientDataHash).digest()
}
