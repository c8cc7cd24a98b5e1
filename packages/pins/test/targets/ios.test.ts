import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { generate, pinOf, targets } from '../../src/index.ts'
import { noPlistutil, readPropertyList } from '../platform/property-list.ts'
import { pin } from '../pins-yaml.ts'
import { fileOf, textOf } from './file-of.ts'

test('App Transport Security is given leaf identities, one label deep', {
  skip: noPlistutil,
}, () => {
  const value = readPropertyList(textOf('ios-ats', { 'example.org': '    subdomains: one\n' }))
  assert.deepEqual(value, {
    NSAppTransportSecurity: {
      NSPinnedDomains: {
        'example.org': {
          NSIncludesSubdomains: true,
          NSPinnedLeafIdentities: [
            { 'SPKI-SHA256-BASE64': pin(1) },
            { 'SPKI-SHA256-BASE64': pin(2) },
          ],
        },
      },
    },
  })
})

test('of leaf and CA pins, App Transport Security is given the chosen ones', {
  skip: noPlistutil,
}, () => {
  const value = readPropertyList(
    textOf('ios-ats', {
      'example.org': `    ats: ca
    pins:
      - { role: leaf, sha256: '${pin(1)}' }
      - { role: backup, sha256: '${pin(2)}' }
      - { role: intermediate, sha256: '${pin(3)}' }
      - { role: backup, for: root, sha256: '${pin(4)}' }
`,
    }),
  )
  assert.deepEqual(value, {
    NSAppTransportSecurity: {
      NSPinnedDomains: {
        'example.org': {
          NSIncludesSubdomains: false,
          NSPinnedCAIdentities: [
            { 'SPKI-SHA256-BASE64': pin(3) },
            { 'SPKI-SHA256-BASE64': pin(4) },
          ],
        },
      },
    },
  })
})

test('TrustKit does not swizzle, and reports to nobody', { skip: noPlistutil }, () => {
  const value = readPropertyList(
    textOf('trustkit-ios', {
      'api.example.com': "    subdomains: any\n    expires: '2027-06-01'\n",
    }),
  )
  assert.deepEqual(value, {
    TSKConfiguration: {
      TSKSwizzleNetworkDelegates: false,
      TSKPinnedDomains: {
        'api.example.com': {
          TSKIncludeSubdomains: true,
          TSKEnforcePinning: true,
          TSKDisableDefaultReportUri: true,
          TSKExpirationDate: '2027-06-01',
          TSKPublicKeyHashes: [pin(1), pin(2)],
        },
      },
    },
  })
})

/** A DER element around its content, as the Swift file makes it. */
function element(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).replace(/^(?=(..)*.$)/, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}

/** As Security exports keys: PKCS#1 for RSA, the bare point for EC. */
const keyKinds = [
  ['rsa', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ['rsa', () => generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey],
  ['ec-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
  ['ec-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
  ['ec-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey],
] as const

for (const [kind, generate] of keyKinds) {
  test(`the Swift file hashes a key of kind ${kind} as every other platform does`, () => {
    const key = generate()
    const swift = textOf('ios-urlsession', { 'api.example.com': '' })
    const listed = new RegExp(`"${kind}": \\[([^\\]]+)\\]`).exec(swift)?.[1] ?? ''
    const algorithm = Buffer.from(listed.split(', ').map(Number))
    const bare =
      kind === 'rsa'
        ? key.export({ format: 'der', type: 'pkcs1' })
        : Buffer.concat([
            Buffer.from([4]),
            ...['x' as const, 'y' as const].map((part) =>
              Buffer.from(key.export({ format: 'jwk' })[part] ?? '', 'base64url'),
            ),
          ])
    const bits = element(0x03, Buffer.concat([Buffer.from([0]), bare]))
    const spki = element(0x30, Buffer.concat([algorithm, bits]))
    assert.equal(createHash('sha256').update(spki).digest('base64'), pinOf(key))
  })
}

const keyed = (...keys: readonly string[]): string =>
  ['    pins:']
    .concat(
      keys.map(
        (key, index) =>
          `      - { role: ${index === 0 ? 'root' : 'backup'}, key: ${key}, sha256: '${pin(index + 1)}' }`,
      ),
    )
    .join('\n')
    .concat('\n')

test('TrustKit before 3.0.5 reads no RSA key of 3072 bits, and that is told', () => {
  const file = fileOf({ 'api.example.com': keyed('rsa-4096', 'rsa-3072') })
  const { notes } = generate(targets['trustkit-ios'], file, { javaPackage: 'pins' })
  assert.deepEqual(notes, [
    `trustkit-ios needs TrustKit 3.0.5 for the key of ${pin(2)} (rsa-3072): versions before refuse every chain with it`,
  ])
  const older = fileOf({ 'api.example.com': keyed('ec-p384', 'rsa-2048') })
  assert.deepEqual(generate(targets['trustkit-ios'], older, { javaPackage: 'pins' }).notes, [])
})

for (const key of ['ec-p521', 'rsa-1024', 'rsa-8192', 'ed25519']) {
  test(`TrustKit reads no key of ${key}, and nothing is generated with it`, () => {
    const file = fileOf({ 'api.example.com': keyed('ec-p256', key) })
    assert.throws(
      () => generate(targets['trustkit-ios'], file, { javaPackage: 'pins' }),
      (error) =>
        isProblem(error) &&
        error.code === 'pins_not_expressible' &&
        error.detail?.endsWith(`the key of ${pin(2)} is ${key}`) === true,
    )
    generate(targets['ios-urlsession'], file, { javaPackage: 'pins' })
  })
}
