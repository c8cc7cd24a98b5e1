/**
 * What decides for nginx: the status of the device's certificate, the user's token (its signature once, its
 * dates and binding at every request), a scope, a role, the app's version, and two limits (GCRA). As such a
 * service would be written with care: what is verified once is remembered, and nothing is logged. Nor may device,
 * certificate, issuer, token, session or user have been ended.
 *
 * Arguments: the settings as JSON. Answers 204 to any path, with who called (`X-Device`, `X-User`), or 403.
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
  /** What ends it: the id of the device, of its certificate, of its issuer. */
  readonly endings: readonly string[]
  /** As services are told of it. */
  readonly field: string
}
type Token = {
  readonly claims: JWTPayload
  readonly scopes: ReadonlySet<string>
  /** What ends it: the token, the session, the user. */
  readonly endings: readonly string[]
  readonly field: string
}
/** Names of the fields of an answer, and their values in turn. */
type Answer = readonly string[] | undefined

const devices = new Map<string, Device>()
const tokens = new Map<string, Token>()
/** What was ended: revoked devices, users who were signed out, and the like. */
const ended = new Set<string>()

/** By key, the time at which the next request fits exactly (GCRA), milliseconds. */
const limits = [new Map<string, number>(), new Map<string, number>()] as const
const intervalMs = 60_000 / 10_000_000
const burstMs = 60_000

createServer({ noDelay: true }, (request, response) => {
  void decide(request).then(
    (fields) => {
      if (fields === undefined) response.writeHead(403).end()
      else response.writeHead(204, fields as string[]).end()
    },
    () => response.writeHead(403).end(),
  )
}).listen(port, '127.0.0.1')

async function decide({ headers }: IncomingMessage): Promise<Answer> {
  const now = Date.now()
  const device = deviceOf(String(headers['client-cert']))
  if (now > device.notAfter || hasEnded(device.endings) || device.appVersion < 1) return undefined
  const token = await tokenOf(String(headers.authorization))
  const { claims, scopes } = token
  const confirmation = claims['cnf'] as { 'x5t#S256'?: string } | undefined
  if (now / 1_000 >= (claims.exp ?? 0) || hasEnded(token.endings)) return undefined
  if (confirmation?.['x5t#S256'] !== device.thumbprint) return undefined
  if (!scopes.has('orders') || !(claims['roles'] as string[]).includes('customer')) return undefined
  const isWithin = take(limits[0], device.thumbprint, now) && take(limits[1], claims.sub ?? '', now)
  return isWithin ? ['X-Device', device.field, 'X-User', token.field] : undefined
}

function hasEnded(endings: readonly string[]): boolean {
  for (const ending of endings) if (ended.has(ending)) return true
  return false
}

function deviceOf(escaped: string): Device {
  const known = devices.get(escaped)
  if (known !== undefined) return known
  const certificate = new X509Certificate(decodeURIComponent(escaped))
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  // `URI:spiffe://example.com/app/wallet/device/dev_…`
  const [, app = '', id = ''] =
    /\/app\/([^/]+)\/device\/([^/,]+)/.exec(certificate.subjectAltName ?? '') ?? []
  const device = {
    thumbprint,
    notAfter: Date.parse(certificate.validTo),
    appVersion: 1,
    endings: [`device ${id}`, `certificate ${thumbprint}`, `issuer ${certificate.issuer}`],
    field: `${id}; app=${app}; assurance=software; app-version="1"`,
  }
  devices.set(escaped, device)
  return device
}

async function tokenOf(authorization: string): Promise<Token> {
  const known = tokens.get(authorization)
  if (known !== undefined) return known
  const jwt = authorization.slice('Bearer '.length)
  const { payload } = await jwtVerify(jwt, keys, { issuer, audience, typ: 'at+jwt' })
  const { sub = '', jti = '' } = payload
  const token = {
    claims: payload,
    scopes: new Set(String(payload['scope']).split(' ')),
    endings: [`token ${jti}`, `session ${String(payload['sid'])}`, `user ${sub}`],
    field: `"${sub}"; provider="main"; issuer="${issuer}"; scope="${String(payload['scope'])}"`,
  }
  tokens.set(authorization, token)
  return token
}

function take(counts: Map<string, number>, key: string, now: number): boolean {
  const next = Math.max(now, counts.get(key) ?? 0)
  if (next - now > burstMs) return false
  counts.set(key, next + intervalMs)
  return true
}
