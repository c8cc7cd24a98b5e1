import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider, type TokenVerifier } from '../src/index.ts'
import { audience, issuer, now, testKey } from './identity-provider.ts'

/** The key of the provider `corp`, and the file that has it, in a directory for more of them. */
export const key = await testKey('k1')
export const directory = mkdtempSync(join(tmpdir(), 'sallyport-token-'))
export const jwksFile = join(directory, 'keys.json')
writeFileSync(jwksFile, JSON.stringify({ keys: [key.jwk] }))
after(() => rmSync(directory, { recursive: true }))

export function verifierOf(
  provider: Partial<IdentityProvider> = {},
  others: Record<string, IdentityProvider> = {},
): TokenVerifier {
  return createTokenVerifier({
    providers: { corp: { issuer, audience, jwksFile, ...provider }, ...others },
    now: () => now,
  })
}

export async function codeOf(verification: Promise<unknown>): Promise<ReasonCode | 'accepted'> {
  try {
    await verification
    return 'accepted'
  } catch (error) {
    if (isProblem(error)) return error.code
    throw error
  }
}

export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
