import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Provider, Site } from './site.ts'

/** Longer than any run. */
const lifetimeSeconds = 24 * 3_600

/**
 * An access token as an identity provider gives it (RFC 9068), bound to the certificate of the device
 * (RFC 8705 §3.1), and the provider's key in a file below `directory`.
 */
export async function signToken(
  directory: string,
  certificateFile: string,
): Promise<Pick<Site, 'authorization' | 'provider'>> {
  const provider: Provider = {
    issuer: 'https://id.example.com',
    audience: 'https://api.example.com',
    keysFile: path.join(directory, 'provider-keys.json'),
  }
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }
  writeFileSync(provider.keysFile, JSON.stringify({ keys: [key] }))
  const { raw } = new X509Certificate(readFileSync(certificateFile))
  const now = Math.floor(Date.now() / 1_000)
  const token = await new SignJWT({
    iss: provider.issuer,
    aud: provider.audience,
    sub: 'b7c1f9a2-5d0e-4a5b-9a51-6f1f5d8c2e10',
    client_id: 'wallet-app',
    jti: randomUUID(),
    sid: randomUUID(),
    iat: now,
    exp: now + lifetimeSeconds,
    scope: 'openid orders',
    roles: ['customer'],
    cnf: { 'x5t#S256': createHash('sha256').update(raw).digest('base64url') },
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })
    .sign(privateKey)
  return { authorization: `Bearer ${token}`, provider }
}
