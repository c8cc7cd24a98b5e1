import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import {
  derBitString,
  derContext,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
} from '../src/der/der-writer.ts'
import { tags } from '../src/der/tag.ts'
import { decodeFacts, encodeFacts } from '../src/device-extensions.ts'
import { nameOf } from '../src/distinguished-name.ts'
import type { KeyKind } from '../src/key-kind.ts'
import { oids } from '../src/oids.ts'
import { issueDeviceCertificate } from '../src/issue/issue-device-certificate.ts'
import { generateKey, type KeyPair } from '../src/signing-key.ts'
import { createSigningRequest, parseSigningRequest } from '../src/signing-request.ts'
import { derOfPem } from './fixture.ts'
import { ecdsaSha256, extension, uriName } from './forge.ts'
import { inScratch, run } from './openssl.ts'
import { processorTime } from './processor-time.ts'
import { issuerOf, testDeviceCa, testRoot } from './test-authority.ts'

const anyEc: readonly KeyKind[] = ['ec-p256', 'ec-p384']
const extensionRequest = '1.2.840.113549.1.9.14'

type Parts = {
  version: Buffer
  subject: Buffer
  spki: Buffer
  attributes: Buffer
  algorithm: Buffer
  hash: string
  signer: KeyObject
  trailer: Buffer
}

function forgeRequest(key: KeyPair, parts: Partial<Parts> = {}): Buffer {
  const information = derSequence(
    parts.version ?? derInteger(0),
    parts.subject ?? nameOf(),
    parts.spki ?? key.publicKey.export({ format: 'der', type: 'spki' }),
    parts.attributes ?? derContext(0),
  )
  const signature = sign(parts.hash ?? 'sha256', information, parts.signer ?? key.privateKey)
  return derSequence(
    information,
    parts.algorithm ?? ecdsaSha256,
    derBitString(signature),
    parts.trailer ?? Buffer.alloc(0),
  )
}

/** The attribute in which a request asks for extensions (RFC 2985 §5.4.2). */
const asking = (...extensions: Buffer[]) =>
  derContext(0, derSequence(derOid(extensionRequest), derSetOf(derSequence(...extensions))))

const refuses = (der: Uint8Array, code: string, found?: RegExp, keyKinds = anyEc) =>
  assert.throws(
    () => parseSigningRequest(der, { keyKinds }),
    (error) =>
      isProblem(error) &&
      error.code === code &&
      (found === undefined || found.test(error.found ?? '')),
  )

describe('parsing a signing request', () => {
  let key: KeyPair
  before(async () => {
    key = await generateKey('ec-p256')
  })

  for (const kind of ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072'] as const) {
    it(`reads the key out of our own request, ${kind}`, async () => {
      const pair = await generateKey(kind)
      const request = parseSigningRequest(createSigningRequest(pair), { keyKinds: [kind] })
      assert.equal(request.keyKind, kind)
      assert.ok(request.publicKey.equals(pair.publicKey))
      assert.deepEqual(request.spki, pair.publicKey.export({ format: 'der', type: 'spki' }))
    })
  }

  it('reads a request that openssl made', async () => {
    const der = await inScratch(async (directory) => {
      const command =
        'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out csr -subj /CN=phone -addext subjectAltName=DNS:bank.example'
      const { ok, text } = await run(directory, command.split(' '))
      assert.ok(ok, text)
      return derOfPem(await readFile(join(directory, 'csr'), 'utf8'))
    })
    assert.equal(parseSigningRequest(der, { keyKinds: anyEc }).keyKind, 'ec-p256')
  })

  it('makes a request that openssl verifies', async () => {
    const { text } = await inScratch(async (directory) => {
      await writeFile(join(directory, 'csr'), createSigningRequest(key, { subject: 'phone' }))
      return run(directory, [
        'req',
        '-inform',
        'DER',
        '-in',
        'csr',
        '-verify',
        '-noout',
        '-subject',
      ])
    })
    assert.match(text, /verify OK/)
    assert.match(text, /CN = phone/)
  })

  it('refuses a request that another key signed', async () => {
    const other = await generateKey('ec-p256')
    refuses(
      forgeRequest(key, { signer: other.privateKey }),
      'csr_signature_invalid',
      /does not verify/,
    )
  })

  it('refuses a request whose key was exchanged after it was signed', async () => {
    const other = await generateKey('ec-p256')
    const der = createSigningRequest(key)
    const mine = key.publicKey.export({ format: 'der', type: 'spki' })
    const at = der.indexOf(mine)
    const exchanged = Buffer.from(der)
    other.publicKey.export({ format: 'der', type: 'spki' }).copy(exchanged, at)
    refuses(exchanged, 'csr_signature_invalid')
  })

  it('refuses a signature that is no ECDSA signature at all', () => {
    const der = derSequence(
      derSequence(
        derInteger(0),
        nameOf(),
        key.publicKey.export({ format: 'der', type: 'spki' }),
        derContext(0),
      ),
      ecdsaSha256,
      derBitString(Buffer.alloc(70, 0xff)),
    )
    refuses(der, 'csr_signature_invalid')
  })

  it('refuses SHA-1, and says what it takes', () => {
    const algorithm = derSequence(derOid('1.2.840.10045.4.1'))
    refuses(
      forgeRequest(key, { algorithm, hash: 'sha1' }),
      'csr_signature_invalid',
      /^1\.2\.840\.10045\.4\.1$/,
    )
  })

  it('refuses an RSA algorithm over an EC key', () => {
    const algorithm = derSequence(derOid('1.2.840.113549.1.1.11'), derNull())
    refuses(forgeRequest(key, { algorithm }), 'csr_signature_invalid')
  })

  it('refuses RSA of 1024 bits', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    const algorithm = derSequence(derOid('1.2.840.113549.1.1.11'), derNull())
    const every: KeyKind[] = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096']
    refuses(forgeRequest(weak, { algorithm }), 'csr_key_not_allowed', /1024 bits/, every)
  })

  it('refuses an RSA key so large that verifying it is work, before it verifies anything', () => {
    const modulus = Buffer.alloc(1_900, 0xff)
    const rsa = derSequence(derInteger(modulus), derInteger(65_537))
    const spki = derSequence(
      derSequence(derOid('1.2.840.113549.1.1.1'), derNull()),
      derBitString(rsa),
    )
    const spentMs = processorTime()
    refuses(forgeRequest(key, { spki }), 'csr_key_not_allowed', /15200 bits/, ['rsa-4096'])
    assert.ok(spentMs() < 100)
  })

  it('refuses a curve that it does not know', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    refuses(forgeRequest(pair), 'csr_key_not_allowed', /curve 1\.3\.132\.0\.10/)
  })

  it('refuses a curve that is spelt out instead of named', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })
    refuses(forgeRequest(pair), 'csr_malformed', /named curve/)
  })

  it('refuses another algorithm', () => {
    const pair = generateKeyPairSync('ed25519')
    const information = derSequence(
      derInteger(0),
      nameOf(),
      pair.publicKey.export({ format: 'der', type: 'spki' }),
      derContext(0),
    )
    const signature = derBitString(sign(null, information, pair.privateKey))
    const der = derSequence(information, derSequence(derOid('1.3.101.112')), signature)
    refuses(der, 'csr_key_not_allowed', /algorithm 1\.3\.101\.112/)
  })

  it('refuses a kind of key that the policy does not list', () => {
    refuses(createSigningRequest(key), 'csr_key_not_allowed', /ec-p256/, ['ec-p384'])
  })

  it('refuses a point that is not on the curve', () => {
    const spki = key.publicKey.export({ format: 'der', type: 'spki' })
    spki.fill(0x11, spki.length - 32)
    refuses(forgeRequest(key, { spki }), 'csr_malformed')
  })

  it('refuses 1 MB of names without reading them', () => {
    const names = derSequence(
      ...Array.from({ length: 30_000 }, (_, n) => uriName(`spiffe://example.com/app/wallet/${n}`)),
    )
    const der = forgeRequest(key, {
      attributes: asking(extension(oids.subjectAlternativeName, names)),
    })
    assert.ok(der.length > 1_000_000)
    const spentMs = processorTime()
    refuses(der, 'csr_malformed', /bytes/)
    assert.ok(spentMs() < 50)
  })

  const malformed: readonly [why: string, build: () => Buffer][] = [
    ['nothing', () => Buffer.alloc(0)],
    ['a certificate request of version 2', () => forgeRequest(key, { version: derInteger(1) })],
    ['no attributes field', () => forgeRequest(key, { attributes: Buffer.alloc(0) })],
    ['something after the signature', () => forgeRequest(key, { trailer: derNull() })],
    ['bytes after the request', () => Buffer.concat([createSigningRequest(key), Buffer.alloc(1)])],
    [
      'a subject that is no name',
      () => forgeRequest(key, { subject: derElement(tags.sequence, derInteger(1)) }),
    ],
    [
      'an indefinite length',
      () =>
        Buffer.concat([
          Buffer.from('3080', 'hex'),
          createSigningRequest(key).subarray(4),
          Buffer.alloc(2),
        ]),
    ],
  ]
  for (const [why, build] of malformed) {
    it(`refuses ${why}`, () => refuses(build(), 'csr_malformed'))
  }

  it('answers random and changed bytes with one of its three codes', () => {
    const der = createSigningRequest(key)
    const codes = new Set(['csr_malformed', 'csr_key_not_allowed', 'csr_signature_invalid'])
    const answers = (bytes: Uint8Array) => {
      const spentMs = processorTime()
      try {
        parseSigningRequest(bytes, { keyKinds: anyEc })
      } catch (error) {
        assert.ok(isProblem(error) && codes.has(error.code), String(error))
      }
      assert.ok(spentMs() < 250)
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1_000 }), answers), { numRuns: 1_000 })
    fc.assert(
      fc.property(
        fc.nat({ max: der.length - 1 }),
        fc.uint8Array({ maxLength: 6 }),
        fc.nat({ max: 6 }),
        (at, insert, remove) =>
          answers(Buffer.concat([der.subarray(0, at), insert, der.subarray(at + remove)])),
      ),
      { numRuns: 3_000 },
    )
  })

  describe('a request that asks for more than a certificate of its key', () => {
    const claims: readonly [what: string, build: () => Buffer][] = [
      [
        'the URI of another device',
        () =>
          asking(
            extension(
              oids.subjectAlternativeName,
              derSequence(
                uriName('spiffe://example.com/app/wallet/device/dev_bbbbbbbbbbbbbbbbbbbbbbbbbb'),
              ),
            ),
          ),
      ],
      [
        'our own extensions and policies',
        () =>
          asking(
            extension(
              oids.facts,
              encodeFacts({ platform: 'ios', appVersion: '99', appraisedAt: 0 }),
            ),
            extension(
              oids.certificatePolicies,
              derSequence(derSequence(derOid(oids.assurancePolicies.strongbox))),
            ),
          ),
      ],
      [
        'to be a CA',
        () => asking(extension(oids.basicConstraints, Buffer.from('30030101ff', 'hex'), true)),
      ],
      [
        'attributes that are not even well formed',
        () => derContext(0, derOctetString(Buffer.from('garbage'))),
      ],
    ]
    for (const [what, build] of claims) {
      it(`gets nothing of it: ${what}`, async () => {
        const ca = await testDeviceCa(await testRoot())
        const der = forgeRequest(key, { attributes: build(), subject: nameOf('admin') })
        const { spki } = parseSigningRequest(der, { keyKinds: anyEc })
        const deviceId = 'dev_aaaaaaaaaaaaaaaaaaaaaaaaaa'
        const now = Date.now()
        const certificate = await issueDeviceCertificate({
          issuer: issuerOf(ca),
          spki,
          trustDomain: 'example.com',
          appId: 'wallet',
          deviceId,
          assurance: 'software',
          facts: { platform: 'android', appVersion: '1', appraisedAt: now },
          predecessors: [],
          notBefore: now,
          notAfter: now + 86_400_000,
        })
        assert.deepEqual(certificate.uris, [`spiffe://example.com/app/wallet/device/${deviceId}`])
        assert.deepEqual(certificate.policies, [oids.assurancePolicies.software])
        assert.deepEqual(certificate.subject, derSequence())
        assert.equal(certificate.isCa, false)
        const written = certificate.extensions.get(oids.facts)?.value ?? Buffer.alloc(0)
        assert.equal(decodeFacts(written).appVersion, '1')
      })
    }
  })
})
