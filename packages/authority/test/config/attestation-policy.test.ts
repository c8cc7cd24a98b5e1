import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { evidenceFormats } from '@sallyport/attestation'
import { isProblem } from '@sallyport/problem'
import { attestationPolicies } from '../../src/config/attestation-policy.ts'
import { checkConfig } from '../../src/config/check-config.ts'
import { readTestConfig } from '../fixture/deployment.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-config-'))
after(() => rmSync(directory, { recursive: true }))

const read = (app: string) => readTestConfig(directory, `\n  wallet: ${app}\n`)
const refusal = (app: string) => {
  try {
    checkConfig(read(app))
  } catch (error) {
    if (isProblem(error)) return { detail: error.detail, expected: error.expected }
    throw error
  }
  return undefined
}

const digest = 'ab'.repeat(32)
const android = `android: { packages: [com.example.app], signerDigests: ['${digest}'] }`
const apple = 'apple: { teamId: ABCDE12345, bundleIds: [com.example.app] }'

test('an app that says nothing of its phones asks for a locked bootloader and verified boot', () => {
  const { apps } = read(`{ ${android}, enrollment: { evidence: [android-key] } }`)
  const policy = attestationPolicies(directory, apps).get('wallet')
  assert.equal(policy?.android?.requireLockedBootloader, true)
  assert.equal(policy?.android?.requireVerifiedBoot, true)
  assert.equal(policy?.android?.allowAttestKey, false)
  assert.equal(policy?.insecureDevelopmentDevices, false)
  assert.equal(apps['wallet']?.attestation.maxAgeDays, 30)
})

test('digests come as keytool prints them, or bare, and mean the same', () => {
  const colons = digest.toUpperCase().match(/../g)?.join(':')
  const { apps } = read(
    `{ android: { packages: [com.example.app], signerDigests: ['${colons}'], verifiedBootKeys: ['${colons}'] } }`,
  )
  const policy = attestationPolicies(directory, apps).get('wallet')
  assert.deepEqual(policy?.android?.signerDigests, [digest])
  assert.deepEqual(policy?.android?.verifiedBootKeys, [digest])
})

test('team and bundle ids make the app ids that App Attest names', () => {
  const { apps } = read(`{ ${apple} }`)
  const policy = attestationPolicies(directory, apps).get('wallet')
  assert.deepEqual(policy?.apple?.appIds, ['ABCDE12345.com.example.app'])
  assert.deepEqual(policy?.apple?.environments, ['production'])
})

const careless: readonly [string, string, RegExp][] = [
  ['android-key of any app', '{ enrollment: { evidence: [android-key] } }', /signerDigests/],
  [
    'android-key of any app in mode shadow',
    '{ enrollment: { mode: shadow, evidence: [android-key] } }',
    /signerDigests/,
  ],
  [
    'apple-app-attest of any app',
    '{ enrollment: { evidence: [apple-app-attest] } }',
    /teamId.*bundleIds/,
  ],
  [
    'apple-app-attest of any app of a team',
    '{ apple: { teamId: ABCDE12345 }, enrollment: { evidence: [apple-app-attest] } }',
    /bundleIds/,
  ],
  [
    'bundle ids with the team before them',
    '{ apple: { teamId: ABCDE12345, bundleIds: [ABCDE12345.com.example.app] }, enrollment: { evidence: [apple-app-attest] } }',
    /bundleIds: \[com\.example\.app\]/,
  ],
  [
    'managed devices of anybody',
    '{ enrollment: { evidence: [apple-mda] } }',
    /serialNumbers or udids/,
  ],
  [
    'development builds in production',
    '{ apple: { teamId: ABCDE12345, bundleIds: [a.b], environments: [development] }, enrollment: { evidence: [apple-app-attest] } }',
    /insecureDevelopmentDevices/,
  ],
  [
    'Play Integrity without keys',
    `{ ${android}, enrollment: { evidence: [android-key], signals: [play-integrity] } }`,
    /decryptionKeyFile/,
  ],
  [
    'Play Integrity that nothing looks at',
    `{ android: { packages: [a.b], signerDigests: ['${digest}'], playIntegrity: { decryptionKeyFile: a, verificationKeyFile: b } }, enrollment: { evidence: [android-key] } }`,
    /signals/,
  ],
  [
    'an assurance that no iPhone reaches',
    `{ ${android}, ${apple}, attestation: { minimumAssurance: tee }, enrollment: { evidence: [android-key, apple-app-attest] } }`,
    /minimumAssurance: app-attested/,
  ],
  [
    'an assurance without evidence',
    '{ attestation: { minimumAssurance: tee }, enrollment: { enrollmentToken: required } }',
    /enrollment.evidence/,
  ],
]

for (const [name, app, expected] of careless) {
  test(`${name}: refused at start, with what to write`, () => {
    const refused = refusal(app)
    assert.match(refused?.detail ?? '', /^apps\.wallet\./)
    assert.match(refused?.expected ?? '', expected)
  })
}

const misread: readonly [string, string, RegExp][] = [
  ['a SHA-1 digest', `signerDigests: ['${digest.slice(0, 40)}']`, /SHA-1/],
  [
    'a digest in base64',
    "signerDigests: ['ehsMVQ6fMG1CiMFem2QdDzwqd+i02RFgX6POCJYr7kE=']",
    /base64/,
  ],
  ['a digest with its name', `signerDigests: ['SHA256: ${digest}']`, /64 digits/],
  ['a package that is none', 'packages: [com.example wallet]', /applicationId/],
  ['Android 13 as people say it', 'minimumOsVersion: 13', />= 10000/],
]
for (const [name, member, said] of misread) {
  test(`${name} is refused, with the form that is meant`, () => {
    const members = { packages: 'packages: [a.b]', signerDigests: `signerDigests: ['${digest}']` }
    const of = { ...members, [member.split(':', 1)[0] ?? '']: member }
    const text = `{ android: { ${Object.values(of).join(', ')} } }`
    assert.throws(
      () => read(text),
      (error) => isProblem(error) && said.test(`${error.detail} ${error.expected}`),
    )
  })
}

test('development roots that no app takes are refused', () => {
  const attestation = '{ insecureDevelopmentRoots: [root.pem] }'
  const app = `\n  wallet: { ${android}, enrollment: { evidence: [android-key] } }\n`
  assert.throws(
    () => checkConfig(readTestConfig(directory, app, attestation)),
    (error) => isProblem(error) && /insecureDevelopmentRoots/.test(error.detail ?? ''),
  )
})

test('whole apps are accepted', () => {
  for (const app of [
    `{ ${android}, ${apple}, attestation: { minimumAssurance: app-attested }, enrollment: { evidence: [android-key, apple-app-attest] } }`,
    `{ ${android}, attestation: { minimumAssurance: strongbox }, enrollment: { evidence: [android-key] } }`,
    '{ apple: { managedDevices: { serialNumbers: [C02XL0GYJGH5] } }, enrollment: { evidence: [apple-mda] } }',
    '{ enrollment: { evidence: [apple-mda], enrollmentToken: required } }',
  ]) {
    assert.equal(refusal(app), undefined, app)
  }
})

test('each format of evidence has its place in the check of minimumAssurance', () => {
  for (const { name, role } of Object.values(evidenceFormats)) {
    if (role === 'signal') continue
    const app = `{ insecureDevelopmentDevices: true, ${android}, ${apple}, attestation: { minimumAssurance: software }, enrollment: { evidence: [${name}], approval: required } }`
    assert.equal(refusal(app), undefined, name)
  }
})

test('the keys of Play Integrity are read from their files, and a file that holds another is named', () => {
  const secret = Buffer.alloc(32, 7).toString('base64')
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  writeFileSync(path.join(directory, 'decryption'), secret)
  writeFileSync(path.join(directory, 'verification'), spki.replaceAll(/(.{64})/g, '$1\n'))
  const policyOf = (decryption: string, verification: string) => {
    const integrity = `{ decryptionKeyFile: ${decryption}, verificationKeyFile: ${verification} }`
    const app = `{ android: { packages: [a.b], signerDigests: ['${digest}'], playIntegrity: ${integrity} } }`
    return attestationPolicies(directory, read(app).apps).get('wallet')?.playIntegrity
  }
  const policy = policyOf('decryption', 'verification')
  assert.equal(policy?.decryptionKey, secret)
  assert.equal(policy?.verificationKey.replaceAll('\n', ''), spki)
  assert.deepEqual(policy?.signerDigests, [digest])
  for (const [decryption, verification] of [
    ['verification', 'decryption'],
    ['decryption', 'decryption'],
    ['decryption', 'nowhere'],
  ] as const) {
    assert.throws(
      () => policyOf(decryption, verification),
      (error) => isProblem(error) && error.code === 'config_unreadable',
    )
  }
})
