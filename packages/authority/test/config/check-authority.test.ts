import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import type { AuthorityConfig } from '../../src/config/authority-config.ts'
import { checkSigner } from '../../src/config/check-signer.ts'
import { checkAuthority } from '../../src/config/check-authority.ts'
import { developmentApp } from '../fixture/apps.ts'
import { layOut, readTestConfig } from '../fixture/deployment.ts'

let directory: string
before(async () => {
  ;({ directory } = await layOut())
})
after(() => rmSync(directory, { recursive: true }))

/** What a configuration is refused with, after a change of it. */
function refusal(
  change: (config: AuthorityConfig) => void,
  { apps = developmentApp, attestation = '{}' } = {},
): string {
  const config = readTestConfig(directory, apps, attestation)
  change(config)
  try {
    checkAuthority(config, { directory, environment: {} })
    checkSigner(config, { directory, environment: {} })
    return 'none'
  } catch (error) {
    if (!isProblem(error)) throw error
    return `${error.code} ${error.pointer}`
  }
}

const write = (name: string, text: string) => writeFileSync(path.join(directory, name), text)

test('a configuration that an authority starts with is let pass, without its store', () => {
  rmSync(path.join(directory, 'sallyport.db'), { force: true })
  assert.equal(
    refusal(() => undefined),
    'none',
  )
})

test('a port that there is not is refused', () => {
  const found = refusal(({ authority }) => {
    authority.listeners.operations.listen = '127.0.0.1:70000'
  })
  assert.equal(found, 'config_invalid /authority/listeners/operations/listen')
})

test('a listener needs its certificate, and the key of that certificate', () => {
  const device = '/authority/listeners/device'
  const lost = refusal(({ authority }) => {
    authority.listeners.device.certificateFile = 'nowhere.crt'
  })
  assert.equal(lost, `config_unreadable ${device}/certificateFile`)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  write('other.key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  const foreign = refusal(({ authority }) => {
    authority.listeners.device.keyFile = 'other.key'
  })
  assert.equal(foreign, `config_invalid ${device}`)
})

test('keys of an identity provider come from one place, which can be read', () => {
  const corp = { issuer: 'https://id.example.com', audience: 'api' }
  const withKeys = (members: object) =>
    refusal((config) => {
      config.identityProviders = { corp: { ...corp, ...members } }
    })
  assert.equal(withKeys({}), 'none', 'they are discovered')
  const file = 'config_unreadable /identityProviders/corp/jwksFile'
  const both = { jwksUrl: 'https://id.example.com/keys', jwksFile: 'nowhere.json' }
  assert.equal(withKeys(both), 'config_invalid /identityProviders/corp/jwksFile')
  assert.equal(withKeys({ jwksFile: 'nowhere.json' }), file)
  write('keys.json', '{"keys": []}')
  assert.equal(
    withKeys({ jwksFile: 'keys.json' }),
    'config_invalid /identityProviders/corp/jwksFile',
    'it was read, and is none',
  )
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  write('keys.json', JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }))
  assert.equal(withKeys({ jwksFile: 'keys.json' }), 'none')
})

test('roots of development, the key of snapshots and the keys of Play Integrity are read', () => {
  write('empty.pem', 'nothing')
  const roots = { attestation: '{ insecureDevelopmentRoots: [server.crt, empty.pem] }' }
  assert.equal(
    refusal(() => undefined, roots),
    'config_unreadable /attestation/insecureDevelopmentRoots/1',
  )
  const snapshot = { attestation: '{ snapshot: { file: later, publicKeyFile: server.key } }' }
  assert.equal(
    refusal(() => undefined, snapshot),
    'config_unreadable /attestation/snapshot/publicKeyFile',
  )
  const apps = `
  wallet:
    android:
      packages: [com.example.wallet]
      signerDigests: ['${'ab'.repeat(32)}']
      playIntegrity: { decryptionKeyFile: empty.pem, verificationKeyFile: empty.pem }
    enrollment: { evidence: [android-key], signals: [play-integrity] }
`
  assert.equal(
    refusal(() => undefined, { apps }),
    'config_unreadable /apps/wallet/android/playIntegrity/decryptionKeyFile',
  )
})

test('the key of a developer account is read', () => {
  const apps = `
  wallet:
    apple: { teamId: ABCDE12345, bundleIds: [com.example.wallet] }
    enrollment: { evidence: [apple-app-attest] }
`
  const team = '{ teamId: ABCDE12345, keyId: ABCDE12345, keyFile: nowhere.p8 }'
  const attestation = `{ apple: { receipts: [${team}] } }`
  assert.equal(
    refusal(() => undefined, { apps, attestation }),
    'config_unreadable /attestation/apple/receipts/0/keyFile',
  )
})

test('an app without a word of it is pointed at', () => {
  const apps = '\n  wallet: { enrollment: { evidence: [android-key] } }\n'
  assert.equal(
    refusal(() => undefined, { apps }),
    'config_invalid /apps/wallet/enrollment/evidence',
  )
})

test('the file of the passphrase is read, and is for its owner alone', () => {
  const member = '/authority/keys/passphraseFile'
  const withFile = () =>
    refusal(({ authority }) => {
      authority.keys.passphraseFile = 'passphrase'
    })
  assert.equal(withFile(), `config_unreadable ${member}`)
  write('passphrase', 'a passphrase\n')
  chmodSync(path.join(directory, 'passphrase'), 0o644)
  assert.equal(withFile(), `key_file_permissions ${member}`)
  chmodSync(path.join(directory, 'passphrase'), 0o600)
  assert.equal(withFile(), 'none')
})

test('a webhook is told of something that there is', () => {
  const withEvents = (...events: string[]) =>
    refusal(({ authority }) => {
      write('siem.key', `whsec_${Buffer.alloc(32, 7).toString('base64')}`)
      chmodSync(path.join(directory, 'siem.key'), 0o600)
      authority.webhooks = {
        siem: {
          url: 'https://siem.example.com/',
          secretFile: 'siem.key',
          events,
          networks: [],
          timeoutSeconds: 15,
          insecurePlaintext: false,
        },
      }
    })
  assert.equal(withEvents('*', 'device.*', 'certificate.revoked'), 'none')
  const nothing = 'config_invalid /authority/webhooks/siem/events/1'
  for (const pattern of ['device.revokd', 'devices.*', 'device']) {
    assert.equal(withEvents('*', pattern), nothing, pattern)
  }
})
