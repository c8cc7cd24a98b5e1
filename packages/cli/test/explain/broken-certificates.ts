import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  certificatesFromPem,
  createRoot,
  derBitString,
  derOid,
  derSequence,
  fileKeyProvider,
  generateKey,
  type Issuer,
  issueDeviceCa,
  issueDeviceCertificate,
  type SigningKey,
  signingKeyOf,
} from '@sallyport/pki'
import { newId } from '@sallyport/wire'
import type { DevelopmentFacts } from '../../src/dev/guidance.ts'

export type Broken = { name: string; check: string; code: string; der: Buffer }

const trustDomain = 'dev.sallyport.test'
const appId = 'demo'
const dayMs = 86_400_000

/** Certificates that are broken in one way each, and the check that must say so. */
export async function brokenCertificates(facts: DevelopmentFacts): Promise<Broken[]> {
  const issuer = await developmentIssuer(facts)
  const good = await deviceCertificate(issuer)
  const resigned = async (from: string | Buffer, to: string | Buffer): Promise<Buffer> =>
    await sign(issuer.key, replaced(good.tbs, Buffer.from(from), Buffer.from(to)))
  const now = Date.now()
  const untrusted = 'device_certificate_untrusted'
  const identity = 'device_certificate_identity_invalid'
  const usage = 'device_certificate_usage_invalid'
  const flipped = Buffer.from(good.der)
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1)
  const stranger = await deviceCertificate(await strangerIssuer())
  const expired = await deviceCertificate(issuer, now - 10 * dayMs, now - dayMs)
  const early = await deviceCertificate(issuer, now + dayMs, now + 2 * dayMs)
  return [
    { name: 'of a stranger', check: 'issuer', code: untrusted, der: stranger.der },
    { name: 'expired', check: 'not-after', code: 'device_certificate_expired', der: expired.der },
    {
      name: 'not valid yet',
      check: 'not-before',
      code: 'device_certificate_not_yet_valid',
      der: early.der,
    },
    {
      name: 'with a signature that was changed',
      check: 'signature',
      code: 'device_certificate_signature_invalid',
      der: flipped,
    },
    {
      name: 'cut off',
      check: 'encoding',
      code: 'device_certificate_malformed',
      der: good.der.subarray(0, 200),
    },
    {
      name: 'for a server',
      check: 'client-authentication',
      code: usage,
      // The last arc of clientAuth, and of serverAuth (RFC 5280 §4.2.1.12).
      der: await resigned(
        Buffer.from('06082b06010505070302', 'hex'),
        Buffer.from('06082b06010505070301', 'hex'),
      ),
    },
    {
      name: 'whose key may only sign certificates',
      check: 'key-usage',
      code: usage,
      der: await resigned(Buffer.from('03020780', 'hex'), Buffer.from('03020204', 'hex')),
    },
    {
      name: 'of another trust domain',
      check: 'trust-domain',
      code: identity,
      der: await resigned('//dev.sallyport.test', '//dev.sallyport.tent'),
    },
    {
      name: 'of another app',
      check: 'app',
      code: identity,
      der: await resigned('/app/demo/', '/app/dem0/'),
    },
    {
      name: 'whose URI names no device',
      check: 'device-uri',
      code: identity,
      der: await resigned('/device/', '/person/'),
    },
  ]
}

async function developmentIssuer(facts: DevelopmentFacts): Promise<Issuer> {
  const state = path.join(path.dirname(facts.configFile), 'state')
  const keys = fileKeyProvider({
    directory: path.join(state, 'keys'),
    passphrase: async () => readFileSync(path.join(state, 'passphrase'), 'utf8').trim(),
  })
  const key = await keys.open('development-ca-demo-1')
  const chain = certificatesFromPem(readFileSync(facts.deviceCaFile, 'utf8'))
  const certificate = chain.find(({ spki }) => spki.equals(key.spki))
  if (certificate === undefined) throw new Error('the issuing CA is not in deviceCaFile')
  return { certificate, key }
}

async function strangerIssuer(): Promise<Issuer> {
  const now = Date.now()
  const rootKey = signingKeyOf(await generateKey('ec-p256'))
  const kind = 'development'
  const certificate = await createRoot({ key: rootKey, commonName: 'Stranger', kind, now })
  const key = signingKeyOf(await generateKey('ec-p256'))
  const root = { certificate, key: rootKey }
  return { certificate: await issueDeviceCa({ root, key, appId, trustDomain, kind, now }), key }
}

async function deviceCertificate(
  issuer: Issuer,
  notBefore = Date.now() - 60_000,
  notAfter = Date.now() + dayMs,
) {
  const { publicKey } = await generateKey('ec-p256')
  return await issueDeviceCertificate({
    issuer,
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    trustDomain,
    appId,
    deviceId: newId('device'),
    assurance: 'software',
    facts: { platform: 'other', appVersion: '1.0.0', appraisedAt: Date.now() },
    predecessors: [],
    notBefore,
    notAfter,
  })
}

async function sign(key: SigningKey, tbs: Buffer): Promise<Buffer> {
  const ecdsaWithSha256 = derSequence(derOid('1.2.840.10045.4.3.2'))
  return derSequence(tbs, ecdsaWithSha256, derBitString(await key.sign(tbs)))
}

/** Of the same length, so that no length around it changes. */
function replaced(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = bytes.indexOf(from)
  if (at < 0 || from.length !== to.length) throw new Error('there is nothing to replace')
  return Buffer.concat([bytes.subarray(0, at), to, bytes.subarray(at + from.length)])
}
