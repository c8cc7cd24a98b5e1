import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixture } from './assembled.ts'
import { readDex } from './read-dex.ts'

const tls = readDex(fixture('tls'))
const others = readDex(fixture('others'))

/** `class subject` of the shapes of a name; the class without its package. */
function told({ facts }: typeof tls, shape: string): string[] {
  return facts.codeShapes
    .filter((each) => each.shape === shape)
    .map(({ owner, subject }) => `${owner.replace(/^Lcom\/bank\/|;$/g, '')} ${subject}`.trim())
    .toSorted()
}

test('trust managers that refuse nothing are told, and those that may are not', () => {
  assert.deepEqual(told(tls, 'trusts-every-certificate'), [
    'Trust$Arguments',
    'Trust$Calls',
    'Trust$Catches',
    'Trust$Empty',
    'Unused',
  ])
  assert.deepEqual(told(tls, 'checks-only-dates'), ['Trust$Dates'])
})

test('verifiers of host names that always say yes are told, also where a lambda does', () => {
  const names = ['Names$$ExternalSyntheticLambda0', 'Names$Always']
  assert.deepEqual(told(tls, 'accepts-every-name'), names)
})

test('what libraries keep ready to switch checks off is told where it is used', () => {
  assert.deepEqual(told(tls, 'switches-checks-off'), [
    'Names ALLOW_ALL_HOSTNAME_VERIFIER',
    'Names Lorg/apache/http/conn/ssl/NoopHostnameVerifier;',
    'Names SSLCertificateSocketFactory.getInsecure',
  ])
})

test('web views that go on after every error are told, and one that asks for a flag is not', () => {
  const classes = ['Web$ByError', 'Web$NullCheck', 'Web$Proceeds']
  assert.deepEqual(told(tls, 'always-proceeds'), classes)
})

test('the code that a shape was told by lies where its location says', () => {
  const bytes = fixture('others')
  const shape = others.facts.codeShapes.find(({ subject }) => subject === 'shared.txt')
  assert.equal(shape?.location.within, 'Lcom/bank/Uses;->files(Z)V')
  // invoke-virtual {p0, v0, v1}
  assert.equal(bytes[shape?.location.offset ?? 0], 0x6e)
})

test('old protocols are told wherever code names them to TLS, and nothing of newer ones', () => {
  assert.deepEqual(told(others, 'old-tls-protocol'), ['Uses TLS_1_0', 'Uses TLSv1', 'Uses TLSv1.1'])
})

test('files that others may read are told where their mode is sure', () => {
  assert.deepEqual(told(others, 'world-readable'), ['Uses shared.txt'])
  assert.deepEqual(told(others, 'writes-shared-storage'), ['Uses statement.html'])
})

test('whom TLS is given keys for is told where it is given some', () => {
  const { facts } = readDex(fixture('sockets'))
  assert.deepEqual(
    facts.keyManagerUses.map(({ role, method }) => `${role} ${method.replace(/^.*->|\(.*$/g, '')}`),
    ['any both', 'any connect', 'server listen'],
  )
})

test('a constant that signs in to a server is told, and what comes from elsewhere is not', () => {
  const { facts } = readDex(fixture('logins'))
  assert.deepEqual(
    facts.codeShapes.map(({ shape, method, subject }) =>
      `${shape} ${method} ${subject}`.slice(0, 52),
    ),
    [
      'constant-login Lcom/bank/Logins;->basic()Ljava/lang/',
      'constant-login Lcom/bank/Logins;->broker(Lorg/eclips',
    ],
  )
})

test('a constant that a constructor gives to a field that promises a secret is told', () => {
  const { facts } = readDex(fixture('logins'))
  assert.deepEqual(
    facts.namedTexts.map(({ name, text }) => `${name} ${text}`),
    ['apiKey k7Qz2Wm9Xb4Tn6Rv'],
  )
})

test('where branches meet, what all of them agree in is kept, and nothing else', () => {
  const names = told(readDex(fixture('branches')), 'secret-in-preferences')
  assert.deepEqual(names, ['Branches agreed_password', 'Branches jumped_password'])
})

test('a number is followed through registers that it is moved to', () => {
  const names = told(readDex(fixture('branches')), 'world-readable')
  assert.deepEqual(names, ['Branches moved-far.txt', 'Branches moved.txt'])
})

test('secrets that are kept or logged are told by their names', () => {
  assert.deepEqual(told(others, 'secret-in-preferences'), ['Uses user_password'])
  const logged = ['Uses login with accessToken', 'Uses password']
  assert.deepEqual(told(others, 'secret-in-log'), logged)
})

test('pins are read where no name is left of the method that takes them', () => {
  const [pins, ...rest] = others.facts.pins
  assert.deepEqual(rest, [])
  assert.equal(pins?.host, 'bank.example')
  assert.equal(pins?.includesSubdomains, true)
  const expected = [`${'A'.repeat(43)}=`, `${'B'.repeat(42)}A=`]
  assert.deepEqual(pins?.pins, expected)
})

test('what may be a password weighs by how it was come by', () => {
  const weight = (text: string) =>
    Math.max(
      ...others.facts.passwords.filter((each) => each.text === text).map((each) => each.weight),
    )
  assert.equal(weight('passed-1'), 100)
  assert.equal(weight('filled'), 100)
  assert.equal(weight('s3cret-store'), 90)
  assert.equal(weight('put-3'), 90)
  assert.equal(weight('given-4'), 80)
  assert.equal(weight('first-half-second-half'), 60)
  assert.equal(weight('neighbour-2'), 50)
  assert.equal(weight('Bank'), Number.NEGATIVE_INFINITY)
})

test('a method that opens a keystore is told with its texts and resources', () => {
  const [use, ...rest] = others.facts.keystoreUses
  assert.deepEqual(rest, [])
  assert.deepEqual(use?.strings, ['PKCS12', 'passed-1'])
  assert.deepEqual(use?.resourceIds, [0x7f_0f_00_03])
  assert.deepEqual(use?.resourceNames, ['string/store_word'])
})

test('arrays of bytes are blobs, whether code fills them at once or one by one', () => {
  const [filled, elements, ...rest] = others.blobs
  assert.deepEqual(rest, [])
  assert.deepEqual(filled?.by, ['byte array'])
  assert.equal(filled?.bytes.length, 32)
  assert.equal(filled?.bytes.readUInt8(31), 0xff)
  const letters = Array.from({ length: 32 }, (_, index) => 65 + index)
  assert.deepEqual([...(elements?.bytes ?? [])], letters)
})

test('texts that code joins are a region of their own, at the place of the first part', () => {
  const region = others.regions.find(({ text }) => text.includes('first-half-second-half\n'))
  const offset = region?.offsetAt(region.text.indexOf('second-half')) ?? 0
  assert.equal(fixture('others').toString('latin1', offset, offset + 11), 'first-half-')
})
