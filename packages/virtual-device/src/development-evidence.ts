import type { CollectEvidence } from '@sallyport/sdk'
import { enrollmentProofBase, toBase64url } from '@sallyport/wire'

/**
 * Evidence that proves nothing but that the key is there: its own signature over challenge and public
 * key. Accepted only where the configuration says `insecureDevelopmentDevices`.
 */
export const developmentEvidence: CollectEvidence = async ({ challenge, key }) => {
  const statement = await key.sign(enrollmentProofBase(challenge, await key.publicKey()))
  return { format: 'development', statement: toBase64url(statement) }
}
