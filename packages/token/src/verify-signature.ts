import { Problem } from '@sallyport/problem'
import { compactVerify, errors } from 'jose'
import type { KeySource } from './key-source.ts'
import type { KeySet } from './load-key-set.ts'
import type { ProviderRules } from './provider-rules.ts'

/**
 * Verifies the signature of a JWT by the keys of its provider. Where none fits, newer ones are asked for,
 * once: the provider may have changed them a moment ago (OpenID Connect Core §10.1.1). `jose` refuses keys of
 * another kind than the algorithm, and RSA keys below 2048 bits.
 *
 * @throws Problem `token_key_unknown`, `token_signature_invalid`, `identity_provider_unavailable`
 */
export async function verifySignature(
  token: string,
  rules: ProviderRules,
  source: KeySource,
): Promise<void> {
  const keys = await source.keys()
  const failed = await signatureFault(token, rules, keys)
  if (failed?.code !== 'token_key_unknown') {
    if (failed !== undefined) throw failed
    return
  }
  const newer = await source.newerThan(keys)
  const failedAgain = newer === undefined ? failed : await signatureFault(token, rules, newer)
  if (failedAgain !== undefined) throw failedAgain
}

/** Undefined where the signature is one of these keys. */
async function signatureFault(
  token: string,
  { name, algorithms }: ProviderRules,
  keys: KeySet,
): Promise<Problem | undefined> {
  try {
    await compactVerify(token, keys.find, { algorithms: [...algorithms] })
    return undefined
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      return new Problem('token_signature_invalid', { detail: `by no key of ${name}`, cause })
    }
    return new Problem('token_key_unknown', {
      expected: `exactly one usable key of ${name} for it`,
      found: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}
