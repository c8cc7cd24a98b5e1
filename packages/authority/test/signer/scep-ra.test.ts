import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { derSequence, parseCertificate } from '@sallyport/pki'
import { isSignedContent, readSignedData, writeEnvelopedData } from '@sallyport/pki/cms'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import { bytesOf } from '../../src/signer/bytes.ts'
import type { SignerInput } from '../../src/signer/signer.ts'
import type { SignerBounds } from '../../src/signer/signer-bounds.ts'
import { makeSigner, signerBounds } from '../fixture/signer.ts'
import { newSigner, requestWith } from '../protocols/scep/scep-client.ts'

const dayMs = 24 * 3_600_000
const bounds: SignerBounds = {
  ...signerBounds,
  apps: {
    ...signerBounds.apps,
    wallet: { ...signerBounds.apps['wallet']!, protocols: { scep: { keyKinds: ['rsa-2048'] } } },
  },
}
const is = (code: ReasonCode) => (error: unknown) => isProblem(error) && error.code === code

describe('the registration authority of SCEP in the signer', async () => {
  const clock = { now: Date.now() }
  const live = { bounds }
  const made = await makeSigner({ now: () => clock.now, bounds: () => live.bounds })
  const { signer, roots } = made
  const scope = { appId: 'wallet', kind: 'unattested', lane: 'fleet', generation: 1 } as const
  const issuer = await signer.issuingCa({ ...scope, root: roots.device })
  const ra = await signer.scepRa({ issuer, generation: 1 })
  const certificate = parseCertificate(bytesOf(ra.certificate))
  const device = await newSigner()
  const request = await requestWith(device.key, 'secret')
  const envelope = (content: Buffer) =>
    toBase64url(writeEnvelopedData(content, certificate, 'aes-128-cbc'))
  const reply = {
    ra,
    transactionId: 'T',
    recipientNonce: toBase64url(Buffer.alloc(16)),
  }

  it('is named for its app and lane, and its certificate is no client of anybody', () => {
    assert.equal(ra.keyName, 'scep-ra-wallet.fleet-1')
    assert.deepEqual(certificate.extendedKeyUsage, ['1.3.6.1.5.5.7.3.28'])
    assert.equal(certificate.uris.length, 0)
  })

  it('is made by a CA for devices that prove nothing, of an app with SCEP', async () => {
    await assert.rejects(
      signer.scepRa({ issuer: made.wallet, generation: 1 }),
      is('signer_refused'),
    )
    live.bounds = signerBounds
    await assert.rejects(signer.scepRa({ issuer, generation: 1 }), is('signer_refused'))
    const opening = { ra, messageType: '19', envelope: envelope(request) } as const
    await assert.rejects(signer.scepContent(opening), is('signer_refused'))
    live.bounds = bounds
    const { content } = await signer.scepContent(opening)
    assert.ok(bytesOf(content).equals(request))
  })

  it('opens what a request has, and nothing else', async () => {
    const open = (content: Buffer, messageType: '19' | '20' | '21') =>
      signer.scepContent({ ra, messageType, envelope: envelope(content) })
    for (const content of [Buffer.from('a session key'), Buffer.alloc(0), derSequence()]) {
      for (const type of ['19', '20', '21'] as const) {
        await assert.rejects(open(content, type), is('cms_decryption_failed'))
      }
    }
    await assert.rejects(open(request, '21'), is('cms_decryption_failed'))
    await open(derSequence(derSequence(), derSequence()), '20')
  })

  it('works with no other key, and opens and signs nothing when it has ended', async () => {
    const other = { ...ra, keyName: issuer.keyName }
    await assert.rejects(
      signer.scepReply({ ...reply, ra: other, failInfo: 2 }),
      is('signer_refused'),
    )
    const foreign = { ...ra, certificate: toBase64url(device.certificate.der) }
    await assert.rejects(signer.scepReply({ ...reply, ra: foreign }), is('signer_refused'))
    const begun = clock.now
    clock.now += 366 * dayMs
    await assert.rejects(signer.scepReply({ ...reply, failInfo: 2 }), is('signer_refused'))
    const opening = { ra, messageType: '19', envelope: envelope(request) } as const
    await assert.rejects(signer.scepContent(opening), is('signer_refused'))
    clock.now = begun
  })

  it('signs a success or a failure, never both, and encrypts to RSA keys alone', async () => {
    const enclosed: NonNullable<SignerInput<'scepReply'>['enclosed']> = {
      recipient: toBase64url(device.certificate.der),
      cipher: 'aes-256-cbc',
      certificates: [ra.certificate],
    }
    const { message } = await signer.scepReply({ ...reply, enclosed })
    const signedData = readSignedData(bytesOf(message))
    assert.ok(isSignedContent(signedData, certificate))
    const both = signer.scepReply({ ...reply, enclosed, failInfo: 2 })
    await assert.rejects(both, is('signer_refused'))
    const toEc = { ...enclosed, recipient: issuer.certificate }
    await assert.rejects(signer.scepReply({ ...reply, enclosed: toEc }), is('signer_refused'))
  })

  it('vouches for the CA to come, where its key is here, and for no other', async () => {
    const next = await signer.issuingCa({ ...scope, generation: 2, root: made.roots.device })
    const { message } = await signer.scepNextCa({ ra, next })
    assert.ok(isSignedContent(readSignedData(bytesOf(message)), certificate))
    const others = [made.unattested, made.wallet, made.bank, made.development, made.roots.device]
    const foreign = { ...next, certificate: toBase64url(device.certificate.der) }
    for (const other of [...others, foreign, ra]) {
      await assert.rejects(signer.scepNextCa({ ra, next: other }), is('signer_refused'))
    }
  })
})
