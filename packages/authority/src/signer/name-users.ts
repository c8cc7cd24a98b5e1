import { createHmac, hkdfSync } from 'node:crypto'
import type { SignerContext } from './local-signer.ts'
import type { Signer, SignerInput } from './signer.ts'

const keyName = 'users-key-1'
/** What is signed to come to a secret. It is no certificate, no list and no JWS. */
const message = Buffer.from('sallyport names of users, version 1')

const secrets = new WeakMap<SignerContext['keys'], Promise<Buffer>>()

/**
 * What users are stored as: HMAC-SHA256 under a secret that never leaves the signer. The secret is made of an
 * RSA signature (PKCS#1 v1.5 is deterministic, RFC 8017 §8.2), so that it can lie wherever keys do: in a token
 * and in a service, too, and is the same for whoever holds the key.
 */
export async function nameUsers(
  { keys }: SignerContext,
  { users, mayCreate }: SignerInput<'userNames'>,
): ReturnType<Signer['userNames']> {
  const secret = await secretOf(keys, mayCreate)
  const names = users.map(({ provider, subject }) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([provider, subject]))
      .digest('base64url'),
  )
  return { names }
}

function secretOf(keys: SignerContext['keys'], mayCreate: boolean): Promise<Buffer> {
  const known = secrets.get(keys)
  if (known !== undefined) return known
  const making = makeSecret(keys, mayCreate)
  secrets.set(keys, making)
  // What failed once is tried again: the key may be brought back.
  making.catch(() => secrets.delete(keys))
  return making
}

async function makeSecret(keys: SignerContext['keys'], mayCreate: boolean): Promise<Buffer> {
  const key = mayCreate
    ? await keys.openOrCreate(keyName, 'rsa-2048')
    : await keys.openOnce(keyName)
  const signature = await key.sign(message)
  return Buffer.from(hkdfSync('sha256', signature, '', 'sallyport user names', 32))
}
