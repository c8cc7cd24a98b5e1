/**
 * What decides for nginx: the status of the device's certificate, the user's token (its signature once, its
 * dates and binding at every request), a scope, a role, the app's version, and two limits (GCRA). As such a
 * service would be written with care: what is verified once is remembered, and nothing is logged.
 *
 * Arguments: the settings as JSON. Answers 204 or 403 to any path.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { Site } from '../site/site.ts'

const { site, port } = JSON.parse(process.argv[2] ?? '') as { site: Site; port: number }
const { issuer, audience, keysFile } = site.provider
const keys = createLocalJWKSet(JSON.parse(readFileSync(keysFile, 'utf8')))

type Device = {
  readonly thumbprint: string
  readonly notAfter: number
  readonly appVersion: number
}
type Token = { readonly claims: JWTPayload; readonly scopes: ReadonlySet<string> }

const devices = new Map<string, Device>()
const tokens = new Map<string, Token>()
const revoked = new Set<string>()

/** By key, the time at which the next request fits exactly (GCRA), milliseconds. */
const limits = [new Map<string, number>(), new Map<string, number>()] as const
const intervalMs = 60_000 / 10_000_000
const burstMs = 60_000

createServer({ noDelay: true }, (request, response) => {
  void decide(request).then(
    (isAllowed) => response.writeHead(isAllowed ? 204 : 403).end(),
    () => response.writeHead(403).end(),
  )
}).listen(port, '127.0.0.1')

async function decide({ headers }: IncomingMessage): Promise<boolean> {
  const now = Date.now()
  const device = deviceOf(String(headers['client-cert']))
  if (now > device.notAfter || revoked.has(device.thumbprint) || device.appVersion < 1) return false
  const { claims, scopes } = await tokenOf(String(headers.authorization))
  const confirmation = claims['cnf'] as { 'x5t#S256'?: string } | undefined
  if (now / 1_000 >= (claims.exp ?? 0)) return false
  if (confirmation?.['x5t#S256'] !== device.thumbprint) return false
  if (!scopes.has('orders') || !(claims['roles'] as string[]).includes('customer')) return false
  return take(limits[0], device.thumbprint, now) && take(limits[1], claims.sub ?? '', now)
}

function deviceOf(escaped: string): Device {
  const known = devices.get(escaped)
  if (known !== undefined) return known
  const certificate = new X509Certificate(decodeURIComponent(escaped))
  const device = {
    thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
    notAfter: Date.parse(certificate.validTo),
    appVersion: 1,
  }
  devices.set(escaped, device)
  return device
}

async function tokenOf(authorization: string): Promise<Token> {
  const known = tokens.get(authorization)
  if (known !== undefined) return known
  const jwt = authorization.slice('Bearer '.length)
  const { payload } = await jwtVerify(jwt, keys, { issuer, audience, typ: 'at+jwt' })
  const token = { claims: payload, scopes: new Set(String(payload['scope']).split(' ')) }
  tokens.set(authorization, token)
  return token
}

function take(counts: Map<string, number>, key: string, now: number): boolean {
  const next = Math.max(now, counts.get(key) ?? 0)
  if (next - now > burstMs) return false
  counts.set(key, next + intervalMs)
  return true
}
