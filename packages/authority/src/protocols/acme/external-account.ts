import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { Authority } from '../../authority.ts'
import type { AcmeCredentialRow } from '../../store/tables.ts'
import type { AccountKey } from './account-key.ts'
import { credentialKey, usableCredential } from './credentials.ts'
import { malformed, readJson, readJws } from './jws.ts'
import { isSameKey } from './same-key.ts'

const headers = new Set(['alg', 'kid', 'url'])

/**
 * The credential by which the holder of a key makes an account (RFC 8555 §7.3.4): a MAC over the public
 * key, for the same address as the message around it. HMAC is taken here and nowhere else.
 *
 * @throws Problem `acme_credential_refused`, `acme_message_malformed`
 */
export async function readExternalAccount(
  authority: Authority,
  binding: unknown,
  { appId, accountKey, url }: { appId: string; accountKey: AccountKey; url: string },
): Promise<AcmeCredentialRow> {
  const jws = readJws(binding, headers)
  const { alg, kid, url: signedFor } = jws.header
  if (alg !== 'HS256') throw malformed('externalAccountBinding by HS256', 'another algorithm')
  if (signedFor !== url) throw malformed(`externalAccountBinding for ${url}`, 'another url')
  if (typeof kid !== 'string' || kid.length > 100) throw malformed('kid: a text', 'none')
  const mac = createHmac('sha256', credentialKey(authority.challengeKey, kid))
    .update(jws.signed)
    .digest()
  const isSame = jws.signature.length === mac.length && timingSafeEqual(jws.signature, mac)
  if (!isSame) throw refused('a MAC that does not verify')
  if (!isSameKey(readJson(jws.payload, 'the key of the account'), accountKey)) {
    throw refused('the key of another account')
  }
  return usableCredential(authority.store.read, kid, { appId, now: authority.now() })
}

function refused(found: string): Problem {
  return new Problem('acme_credential_refused', {
    expected: 'a MAC by the key of the credential over the key of the account',
    found,
  })
}
