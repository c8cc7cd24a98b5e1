import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordCandidates } from '../../src/keys/password/password-candidates.ts'

function candidates(
  text: string,
  hints: readonly { text: string; weight: number }[] = [],
): string[] {
  return [
    ...passwordCandidates({
      hints,
      texts: [{ path: 'a', text }],
      path: 'res/raw/bank_client.p12',
      alias: 'mobile',
    }),
  ]
}

test('what code passes to a keystore comes first, then no password, names and a few defaults', () => {
  const hints = [
    { text: 'weak', weight: 10 },
    { text: 'strong', weight: 80 },
    { text: 'stronger', weight: 100 },
  ]
  const found = candidates('', hints)
  assert.deepEqual(found.slice(0, 6), [
    'stronger',
    'strong',
    '',
    'bank_client',
    'mobile',
    'changeit',
  ])
  assert.ok(found.indexOf('weak') > found.indexOf('notasecret'))
})

test('each is tried once', () => {
  const found = candidates('password=changeit\npassword=changeit\n', [{ text: '', weight: 90 }])
  assert.equal(new Set(found).size, found.length)
})

/** Source, configuration and strings as they are met, and the password that is in them. */
const texts: readonly (readonly [string, string])[] = [
  ['client.keystore.password=bees and trees\n', 'bees'],
  ['{"p12Password":"Tr0ub4dor&3"}', 'Tr0ub4dor&3'],
  ["const passphrase = 'correcthorse'", 'correcthorse'],
  ['<string name="store_pass">mapleleaf</string>', 'mapleleaf'],
  ['<entry key="pwd">mapleleaf</entry>', 'mapleleaf'],
  ['#define TEST_CA_PWD_RSA_PEM "PolarSSLTest"', 'PolarSSLTest'],
  ['ks.setPassword("mapleleaf");', 'mapleleaf'],
  ['"{\\"pass\\":\\"mapleleaf\\"}"', 'mapleleaf'],
  ['loadStore\nbank_client\nmapleleaf\n.p12\n', 'mapleleaf'],
  ['KeyStore.getInstance("PKCS12")\nks.load(in, "maple leaf".toCharArray())', 'maple leaf'],
  ['one\nmapleleaf\ntwo\n', 'mapleleaf'],
  ['one\nX7#kk-2!\ntwo\n', 'X7#kk-2!'],
]

for (const [text, password] of texts) {
  test(`${JSON.stringify(text)} gives ${password}`, () => {
    assert.ok(candidates(text).includes(password))
  })
}

test('megabytes of text are harvested in bounded time', () => {
  for (const part of [
    'password=',
    'key',
    '"',
    "p@ss'",
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0',
    '.p12 ',
    '\\"pwd\\"  ',
  ]) {
    const startedAt = performance.now()
    const count = candidates(part.repeat(Math.ceil((4 * 1024 ** 2) / part.length))).length
    assert.ok(count < 500_000)
    assert.ok(performance.now() - startedAt < 8_000, part)
  }
})
