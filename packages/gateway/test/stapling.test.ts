import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { demandsStapling, statusSource } from '../src/ocsp/certificate-status-source.ts'
import { ocspRequest } from '../src/ocsp/ocsp-request.ts'
import { readOcspResponse } from '../src/ocsp/ocsp-response.ts'
import { eventually } from './support/client.ts'
import { route, startBed } from './support/gateway.ts'
import { OcspAuthority } from './support/ocsp-authority.ts'

const host = 'api.example.com'
const mustStaple = 'tlsfeature=status_request'

function whyNot(): string | undefined {
  try {
    execFileSync('openssl', ['version'])
    return undefined
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    return 'the openssl command is not installed'
  }
}
const skip = whyNot() ?? false

async function createAuthority(t: TestContext): Promise<OcspAuthority> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-ocsp-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return new OcspAuthority(directory, port)
}

/** What is wrong with it, where something is. */
function said(outcome: object | string): string {
  return typeof outcome === 'string' ? outcome : 'nothing is wrong'
}

function sourceOf(authority: OcspAuthority, name: string) {
  const source = statusSource(authority.pem(name))
  if (typeof source === 'string') throw new Error(source)
  return source
}

test('what a certificate demands is stapled to every handshake that asks for it', {
  skip,
}, async (t) => {
  const authority = await createAuthority(t)
  authority.issue('must', authority.server(host, mustStaple))
  authority.issue('may', authority.server('b.example.com'))
  authority.issue('asked', authority.server('c.example.com'))
  await authority.serve(t)
  const hostOf = (name: string, stapling?: string) => ({
    clientCertificate: 'off',
    certificate: {
      certificateFile: authority.file(`${name}.pem`),
      keyFile: authority.file(`${name}.key`),
      ...(stapling === undefined ? {} : { stapling }),
    },
    routes: [route()],
  })
  const bed = await startBed(t, {
    gateway: {
      workers: 2,
      tls: { minVersion: '1.2' },
      hosts: {
        [host]: hostOf('must'),
        'b.example.com': hostOf('may'),
        'c.example.com': hostOf('asked', 'on'),
      },
    },
  })
  const staple = async (servername: string, options: tls.ConnectionOptions = {}) => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port: bed.port,
      servername,
      ca: authority.ca,
      requestOCSP: true,
      ...options,
    })
    let response: Buffer | undefined
    socket.on('OCSPResponse', (der: Buffer | null) => {
      response = der ?? undefined
    })
    await once(socket, 'secureConnect')
    socket.destroy()
    return response?.length ? response : undefined
  }
  await eventually(async () => (await staple(host)) !== undefined)
  await eventually(async () => (await staple('c.example.com')) !== undefined)
  for (let count = 0; count < 6; count++) {
    const der = await staple(host, count % 2 === 0 ? {} : { maxVersion: 'TLSv1.2' })
    assert(der !== undefined)
    assert.equal(typeof readOcspResponse(der, sourceOf(authority, 'must'), Date.now()), 'object')
    assert.equal(await staple('b.example.com'), undefined)
  }
  const asked = ['s_client', '-connect', `127.0.0.1:${bed.port}`, '-servername', host]
  const child = promisify(execFile)('openssl', [
    ...asked,
    '-status',
    '-CAfile',
    authority.file('ca.pem'),
    '-verify_return_error',
  ])
  child.child.stdin?.end()
  const { stdout } = await child
  assert.match(stdout, /OCSP Response Status: successful/)
  assert.match(stdout, /Cert Status: good/)
  assert.match(stdout, /Verify return code: 0/)
  const metrics = await (await fetch(`${bed.operations}/metrics`)).text()
  assert.match(
    metrics,
    /^sallyport_ocsp_staple_expiry_timestamp_seconds\{host="api\.example\.com"\} 1\d{9}$/m,
  )
})

test('a revoked certificate is never called good: nothing is stapled, and it is said', {
  skip,
}, async (t) => {
  const authority = await createAuthority(t)
  authority.issue('must', authority.server(host, mustStaple), true)
  await authority.serve(t)
  const certificate = {
    certificateFile: authority.file('must.pem'),
    keyFile: authority.file('must.key'),
  }
  const bed = await startBed(t, {
    gateway: { hosts: { [host]: { clientCertificate: 'off', certificate, routes: [route()] } } },
  })
  const isTold = () =>
    bed.log.some(
      ({ level, fields }) => level === 'error' && fields['why'] === 'the certificate is revoked',
    )
  await eventually(isTold)
})

test('a response counts only when its signer, its certificate and its time are right', {
  skip,
}, async (t) => {
  const authority = await createAuthority(t)
  const stranger = await createAuthority(t)
  authority.issue('leaf', authority.server(host, mustStaple))
  authority.issue('other', authority.server('b.example.com'))
  authority.issue('bad', authority.server('c.example.com'), true)
  authority.issue('responder', ['extendedKeyUsage=OCSPSigning'])
  authority.issue('impostor', ['extendedKeyUsage=serverAuth'])
  stranger.issue('leaf', stranger.server(host))
  const source = sourceOf(authority, 'leaf')
  const request = ocspRequest(source.leaf, source.issuer)
  const now = Date.now()
  const good = authority.respond(request)
  const read = (der: Buffer, at = now) => readOcspResponse(der, source, at)
  const dayMs = 86_400_000

  assert.equal(typeof read(good), 'object')
  assert.equal(typeof read(authority.respond(request, 'responder')), 'object')
  assert.match(said(read(authority.respond(request, 'impostor'))), /nor a responder of its own/)
  assert.match(said(read(good, now + 2 * dayMs)), /it counted until/)
  assert.match(said(read(good, now - dayMs)), /of the future/)
  const theirs = sourceOf(stranger, 'leaf')
  const foreign = stranger.respond(ocspRequest(theirs.leaf, theirs.issuer))
  assert.match(said(read(foreign)), /nor a responder of its own/)
  const other = sourceOf(authority, 'other')
  const aboutOther = authority.respond(ocspRequest(other.leaf, other.issuer))
  assert.match(said(read(aboutOther)), /about other certificates/)
  const bad = sourceOf(authority, 'bad')
  const revoked = authority.respond(ocspRequest(bad.leaf, bad.issuer))
  assert.equal(readOcspResponse(revoked, bad, now), 'the certificate is revoked')
  assert.match(said(read(Buffer.from('30030a0103', 'hex'))), /the responder answers tryLater/)
  assert.match(said(read(Buffer.alloc(100_000))), /larger than/)
  for (const der of [Buffer.alloc(0), good.subarray(0, -1), Buffer.concat([good, good])]) {
    assert.match(said(read(der)), /malformed/)
  }
})

test('no byte of a response can be changed, and no bytes break its reader', { skip }, async (t) => {
  const authority = await createAuthority(t)
  authority.issue('leaf', authority.server(host))
  const source = sourceOf(authority, 'leaf')
  const good = authority.respond(ocspRequest(source.leaf, source.issuer), 'ca', '-resp_no_certs')
  const now = Date.now()
  assert.equal(typeof readOcspResponse(good, source, now), 'object')
  const changed = fc
    .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
    .map(([at, by]) => {
      const copy = Buffer.from(good)
      copy.writeUInt8((copy[at] ?? 0) ^ by, at)
      return copy
    })
  fc.assert(
    fc.property(changed, (der) => typeof readOcspResponse(der, source, now) === 'string'),
    { numRuns: 500 },
  )
  const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(anything, (der) => typeof readOcspResponse(der, source, now) === 'string'),
    { numRuns: 500 },
  )
})

test('what cannot be stapled is said: no responder, no issuer, nothing at all', {
  skip,
}, async (t) => {
  const authority = await createAuthority(t)
  authority.issue('leaf', authority.server(host, mustStaple))
  authority.issue('mute', [`subjectAltName=DNS:${host}`])
  assert.equal(demandsStapling(authority.pem('leaf')), true)
  assert.equal(demandsStapling(authority.pem('mute')), false)
  assert.match(said(statusSource(authority.pem('mute'))), /names no OCSP responder/)
  assert.match(said(statusSource(authority.pem('leaf.leaf'))), /its issuer is not behind it/)
  assert.equal(typeof statusSource('-----BEGIN'), 'string')
})
