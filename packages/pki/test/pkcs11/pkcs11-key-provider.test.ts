import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants, publicEncrypt, verify } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import {
  createRoot,
  issueDeviceCa,
  keyKinds,
  layeredKeyProvider,
  parseCertificate,
} from '../../src/index.ts'
import { ck, type Cryptoki, type Handle, loadCryptoki } from '../../src/pkcs11/cryptoki.ts'
import { pkcs11KeyProvider } from '../../src/pkcs11/pkcs11-key-provider.ts'
import { isCanonicalSignature } from '../../src/ecdsa-form.ts'
import { softTokenMissing } from './soft-hsm.ts'
import { pin, softToken } from './soft-token.ts'

const missing = softTokenMissing()
const skip = missing ?? false
if (missing !== undefined) console.log(`skipped: ${missing}`)
// A module sees the tokens that were there when it was loaded.
const [options, locking, earlier] = ['provider', 'locking', 'before'].map((label) =>
  missing === undefined ? softToken(label) : undefined,
)
function slotOf(cryptoki: Cryptoki, token: string): Handle {
  const slot = cryptoki
    .C_GetSlotList(true)
    .find((each) => cryptoki.C_GetTokenInfo(each).label.trim() === token)
  assert.ok(slot)
  return slot
}

const isCode = (code: string) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === code, String(error))
  return true
}
const provider = () => {
  assert.ok(options)
  return pkcs11KeyProvider(options)
}

for (const kind of keyKinds) {
  test(`a key of ${kind} is made in the token, and signs`, { skip }, async () => {
    const key = await provider().create(`key-${kind}`, kind)
    assert.equal(key.keyKind, kind)
    const data = Buffer.from('what is signed')
    for (const each of [key, await provider().open(`key-${kind}`)]) {
      const signature = await each.sign(data)
      const hash = kind === 'ec-p384' ? 'sha384' : 'sha256'
      assert.ok(verify(hash, data, key.publicKey, signature))
    }
  })
}

test('certificates by a key of a token are signed in the one form', { skip }, async () => {
  const key = await provider().create('root', 'ec-p256')
  const now = Date.now()
  for (let time = 0; time < 8; time++) {
    const root = await createRoot({ key, commonName: 'Root', kind: 'device', now })
    assert.ok(isCanonicalSignature(root.signature, 'ec-p256'))
    const facts = { appId: 'wallet', trustDomain: 'example.com', kind: 'device', now } as const
    const ca = await issueDeviceCa({ root: { certificate: root, key }, key, ...facts })
    assert.ok(parseCertificate(ca.der).isCa)
  }
})

test('many signatures at once are each of what was asked', { skip }, async () => {
  const key = await provider().create('busy', 'ec-p256')
  const asked = Array.from({ length: 40 }, (_, index) => Buffer.from(`message ${index}`))
  const signatures = await Promise.all(asked.map((data) => key.sign(data)))
  for (const [index, data] of asked.entries()) {
    assert.ok(verify('sha256', data, key.publicKey, signatures[index] ?? Buffer.alloc(0)))
  }
})

test('the private key cannot be read, and its token says that it never could', {
  skip,
}, async () => {
  assert.ok(options)
  const key = await provider().create('closed', 'ec-p256')
  assert.ok(!('export' in key) && !JSON.stringify(key).includes('private'))
  const tool = (...more: string[]) =>
    execFileSync(
      'pkcs11-tool',
      [
        '--module',
        options.module,
        '--token-label',
        options.token,
        '--login',
        '--pin',
        pin,
        ...more,
      ],
      { encoding: 'utf8', stdio: 'pipe' },
    )
  const listed = tool('--list-objects', '--type', 'privkey', '--label', 'closed')
  assert.match(listed, /sensitive, always sensitive, never extracta/)
  const cryptoki = loadCryptoki(options.module)
  const slot = slotOf(cryptoki, options.token)
  const session = cryptoki.C_OpenSession(slot, ck.sessionFlags)
  cryptoki.C_FindObjectsInit(session, [
    { type: ck.class, value: ck.privateKey },
    { type: ck.label, value: 'closed' },
  ])
  const [handle] = cryptoki.C_FindObjects(session, 1)
  cryptoki.C_FindObjectsFinal(session)
  assert.ok(handle)
  const value = 0x11
  assert.throws(
    () => cryptoki.C_GetAttributeValue(session, handle, [{ type: value }]),
    /CKR_ATTRIBUTE_SENSITIVE/,
  )
})

test('a key that could leave its token is not used', { skip }, async () => {
  assert.ok(options)
  const cryptoki = loadCryptoki(options.module)
  const slot = slotOf(cryptoki, options.token)
  const session = cryptoki.C_OpenSession(slot, ck.sessionFlags)
  const common = [
    { type: ck.token, value: true },
    { type: ck.label, value: 'loose' },
  ]
  await cryptoki.C_GenerateKeyPairAsync(
    session,
    { mechanism: ck.ecKeyPairGeneration },
    [...common, { type: ck.ecParameters, value: Buffer.from('06082a8648ce3d030107', 'hex') }],
    [...common, { type: ck.sensitive, value: false }, { type: ck.extractable, value: true }],
  )
  await assert.rejects(provider().open('loose'), isCode('key_extractable'))
})

test('sessions that the token lost are opened again', { skip }, async () => {
  assert.ok(options)
  const key = await provider().create('lost', 'ec-p256')
  const cryptoki = loadCryptoki(options.module)
  for (const slot of cryptoki.C_GetSlotList(true)) cryptoki.C_CloseAllSessions(slot)
  const data = Buffer.from('after the loss')
  assert.ok(verify('sha256', data, key.publicKey, await key.sign(data)))
  const answers = await Promise.all(Array.from({ length: 8 }, () => key.sign(data)))
  assert.equal(answers.length, 8)
})

test('a token that was taken out is told as one to ask again, and is found when it is back', {
  skip,
}, async () => {
  assert.ok(options)
  const keys = provider()
  const key = await keys.create('taken-out', 'ec-p256')
  const data = Buffer.from('while it is away')
  const conf = readFileSync(process.env['SOFTHSM2_CONF'] ?? '', 'utf8')
  const tokens = /directories\.tokendir = (.+)/.exec(conf)?.[1]?.trim() ?? ''
  const away = path.join(tokens, '..', 'tokens.away')
  const isAway = isCode('hardware_token_unavailable')
  for (let time = 0; time < 2; time++) {
    renameSync(tokens, away)
    try {
      await assert.rejects(key.sign(data), isAway)
      await assert.rejects(keys.open('taken-out'), isAway)
      await Promise.all(Array.from({ length: 12 }, () => assert.rejects(key.sign(data), isAway)))
    } finally {
      renameSync(away, tokens)
    }
    // A module begins anew once a second at most.
    await sleep(1_050)
    const signatures = await Promise.all(Array.from({ length: 12 }, () => key.sign(data)))
    assert.ok(signatures.every((signature) => verify('sha256', data, key.publicKey, signature)))
  }
  // Those of other tokens of the module as well, whose handles were of before.
  const other = await pkcs11KeyProvider(earlier ?? options).create('beside', 'ec-p256')
  assert.ok(verify('sha256', data, other.publicKey, await other.sign(data)))
})

test('a key is made once, and one that is not there is told so', { skip }, async () => {
  await provider().create('once', 'ec-p256')
  await assert.rejects(provider().create('once', 'ec-p256'), isCode('key_exists'))
  await assert.rejects(provider().open('never'), isCode('key_missing'))
  assert.ok((await provider().list()).includes('once'))
})

test('a wrong PIN is tried once, also by processes that are started again', { skip }, async () => {
  const other = locking
  assert.ok(other)
  let asked = 0
  const wrong = () =>
    pkcs11KeyProvider({
      ...other,
      pin: () => {
        asked += 1
        return '000000'
      },
    })
  const first = wrong()
  await assert.rejects(first.list(), isCode('hardware_token_pin_refused'))
  await assert.rejects(first.list(), isCode('hardware_token_pin_refused'))
  await assert.rejects(wrong().list(), isCode('hardware_token_pin_refused'))
  assert.equal(asked, 1)
  // Until someone has logged in by hand.
  const tool = ['--module', other.module, '--token-label', other.token, '--login', '--pin', pin]
  execFileSync('pkcs11-tool', [...tool, '--list-objects'], { stdio: 'pipe' })
})

test('a token that is not there, and a module that is none, are told', { skip }, async () => {
  assert.ok(options)
  const away = pkcs11KeyProvider({ ...options, token: 'elsewhere' })
  await assert.rejects(away.list(), isCode('hardware_token_unavailable'))
  const none = pkcs11KeyProvider({ ...options, module: '/nonexistent.so' })
  await assert.rejects(none.list(), isCode('hardware_token_unavailable'))
})

test('keys that were made before are opened where they are; new ones are made in the token', {
  skip,
}, async () => {
  assert.ok(earlier)
  const [first, before] = [provider(), pkcs11KeyProvider(earlier)]
  const old = await before.create('old', 'ec-p256')
  const layered = layeredKeyProvider(first, before)
  assert.ok((await layered.open('old')).spki.equals(old.spki))
  await layered.create('new', 'ec-p256')
  await first.open('new')
  await assert.rejects(layered.open('nowhere'), isCode('key_missing'))
})

test('an RSA key of a token decrypts content keys, and is silent about what is none', {
  skip,
}, async () => {
  const key = await provider().createUnwrapping('ra', 'rsa-2048')
  const contentKey = Buffer.from('0123456789abcdef')
  const byPkcs1 = { key: key.publicKey, padding: constants.RSA_PKCS1_PADDING }
  // SoftHSM knows OAEP with SHA-1 alone.
  const byOaep = { key: key.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
  const pkcs1 = { name: 'rsaes-pkcs1-v1_5' } as const
  const oaep = { name: 'rsaes-oaep', hash: 'sha1' } as const
  for (const each of [key, await provider().open('ra')]) {
    assert.deepEqual(await each.unwrap?.(publicEncrypt(byPkcs1, contentKey), pkcs1), contentKey)
    assert.deepEqual(await each.unwrap?.(publicEncrypt(byOaep, contentKey), oaep), contentKey)
    const hostile = [Buffer.alloc(256), Buffer.alloc(256, 0xff), Buffer.alloc(3), Buffer.alloc(300)]
    for (const bytes of [...hostile, publicEncrypt(byOaep, contentKey)]) {
      assert.notDeepEqual(await each.unwrap?.(bytes, pkcs1), contentKey)
    }
    const otherHash = { name: 'rsaes-oaep', hash: 'sha512' } as const
    assert.equal(await each.unwrap?.(Buffer.alloc(256, 1), otherHash), undefined)
    // And it goes on.
    assert.deepEqual(await each.unwrap?.(publicEncrypt(byPkcs1, contentKey), pkcs1), contentKey)
  }
  const signing = await provider().create('rsa-that-signs', 'rsa-2048')
  assert.equal(signing.unwrap, undefined)
})

test('sessions that were lost are opened again to decrypt as well', { skip }, async () => {
  assert.ok(options)
  const key = await provider().createUnwrapping('ra-lost', 'rsa-2048')
  const cryptoki = loadCryptoki(options.module)
  for (const slot of cryptoki.C_GetSlotList(true)) cryptoki.C_CloseAllSessions(slot)
  const byPkcs1 = { key: key.publicKey, padding: constants.RSA_PKCS1_PADDING }
  const encrypted = publicEncrypt(byPkcs1, Buffer.from('0123456789abcdef'))
  const unwrapped = await key.unwrap?.(encrypted, { name: 'rsaes-pkcs1-v1_5' })
  assert.equal(unwrapped?.toString(), '0123456789abcdef')
})
