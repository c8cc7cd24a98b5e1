import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { before, describe, it } from 'node:test'
import { connect, createSecureContext, createServer, type TLSSocket } from 'node:tls'
import type { Certificate } from '../../src/certificate.ts'
import { issueServerCertificate } from '../../src/issue/issue-service-certificate.ts'
import { toPem } from '../../src/pem.ts'
import { generateKey, type KeyPair, signingKeyOf } from '../../src/signing-key.ts'
import { verifyDeviceCertificate } from '../../src/verify-device-certificate.ts'
import {
  bundleOf,
  issuerOf,
  ownIssuer,
  type TestCa,
  testDevice,
  testDeviceCa,
  testRoot,
} from '../test-authority.ts'

type Identity = { certificate: Certificate; key: KeyPair }

const pem = ({ der }: Certificate) => toPem('CERTIFICATE', der)
const asTls = ({ certificate, key }: Identity) => ({
  cert: pem(certificate),
  key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }),
})

describe('mutual TLS with our certificates', () => {
  let service: TestCa
  let ca: TestCa
  let server: Identity
  let device: Identity

  before(async () => {
    service = await testRoot('service')
    ca = await testDeviceCa(await testRoot())
    const key = await generateKey('ec-p256')
    const certificate = await issueServerCertificate({
      issuer: issuerOf(service),
      spki: signingKeyOf(key).spki,
      names: ['localhost'],
      now: Date.now(),
      days: 1,
    })
    server = { certificate, key }
    device = await testDevice(ca)
  })

  /** One handshake; what the server saw, or the error of the client. */
  async function handshake(
    serverIdentity: Identity,
    serverCa: TestCa,
    version: 'TLSv1.2' | 'TLSv1.3',
    clientIdentity: Identity,
  ) {
    // The issuing CA alone: what stands above it is not needed, nor believed. Node takes the option
    // for a context, and ignores it for a server.
    const context = createSecureContext({
      ...asTls(serverIdentity),
      ca: pem(ca.certificate),
      allowPartialTrustChain: true,
      minVersion: version,
      maxVersion: version,
    })
    const listener = createServer({
      SNICallback: (_, done) => done(null, context),
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
    })
    const sockets: Socket[] = []
    listener.on('connection', (socket: Socket) => sockets.push(socket))
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const client = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: pem(serverCa.certificate),
      allowPartialTrustChain: true,
      ...asTls(clientIdentity),
    })
    try {
      const accepted = new Promise<TLSSocket>((resolve) =>
        listener.once('secureConnection', resolve),
      )
      const connected = new Promise<void>((resolve) => client.once('secureConnect', resolve))
      const failed = new Promise<Error>((resolve) => client.once('error', resolve))
      const outcome = await Promise.race([accepted, failed])
      if (outcome instanceof Error) return { error: outcome.message }
      // The client may yet refuse a server that took it.
      await Promise.race([connected, failed])
      if (!client.authorized) return { error: String(client.authorizationError) }
      return { authorized: outcome.authorized, raw: outcome.getPeerX509Certificate()?.raw }
    } finally {
      client.destroy()
      for (const socket of sockets) socket.destroy()
      listener.close()
    }
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`is accepted by OpenSSL and by us over ${version}`, async () => {
      const { authorized, raw } = await handshake(server, service, version, device)
      assert.equal(authorized, true)
      assert.ok(raw !== undefined)
      assert.equal(verifyDeviceCertificate(raw, bundleOf(ownIssuer(ca))).ok, true)
    })
  }

  it('does not let a device be a server, even for who trusts its CA', async () => {
    const { error } = await handshake(device, ca, 'TLSv1.3', device)
    assert.match(String(error), /purpose|UNSUITABLE|INVALID_PURPOSE/i)
  })

  it('does not let a server be a device', async () => {
    const { authorized } = await handshake(server, service, 'TLSv1.3', server)
    assert.equal(authorized, false)
  })
})
