import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unlessFault } from '../../src/keys/key-fault.ts'
import { readPem } from '../../src/keys/pem.ts'
import { detectKeys, fixture, ownPassword } from './detect-keys.ts'

const pem = fixture('client-key.pem').toString().trim()
const lines = pem.split('\n')

/** How PEM is carried in source, configuration and resources. */
const forms: Readonly<Record<string, string>> = {
  'line feeds': pem,
  'carriage returns and line feeds': lines.join('\r\n'),
  indentation: lines
    .map((line) => `      ${line}`)
    .join('\n')
    .trimStart(),
  'one line, spaces between': lines.join(' '),
  'no line ends at all': lines.join(''),
  'escaped line feeds': `{"private_key":"${lines.join('\\n')}\\n","type":"service_account"}`,
  'twice escaped line feeds': `"{\\"private_key\\":\\"${lines.join('\\\\n')}\\"}"`,
  'escaped line feeds by number': lines.join('\\u000a'),
  'pieces joined by plus': lines.map((line) => `"${line}\\n"`).join(' +\n        '),
  'pieces that C joins': lines.map((line) => `"${line}\\r\\n"`).join('\n'),
  'entities of XML': lines.join('&#10;'),
  'a properties file': lines.join('\\n\\\n'),
  'no end': lines.slice(0, -1).join('\n'),
  'another label': pem.replaceAll('PRIVATE KEY', 'ANY OTHER THING'),
}

for (const [form, text] of Object.entries(forms)) {
  test(`a key in PEM is read with ${form}`, async () => {
    const asText = await detectKeys({ texts: { 'classes.dex': `before\n${text}\nafter` } })
    assert.deepEqual(
      asText.findings.map(({ rule }) => rule),
      ['private-key'],
    )
    assert.match(asText.findings[0]?.detail ?? '', /PEM in a string of code in classes\.dex/)
    assert.equal(asText.findings[0]?.locations[0]?.offset, `before\n${text}`.indexOf('-----BEGIN'))
    const asBytes = await detectKeys({ files: { blob: `\0\x01${text}\0` } })
    assert.deepEqual(
      asBytes.findings.map(({ rule }) => rule),
      ['private-key'],
    )
    const wide = Buffer.from(`\0\x01${text}\0`, 'utf16le')
    const asUtf16 = await detectKeys({ files: { 'index.hbc': wide } })
    assert.deepEqual(
      asUtf16.findings.map(({ rule }) => rule),
      ['private-key'],
    )
  })
}

test('PEM that is locked is unlocked, as PKCS#8 and as OpenSSL did it before', async () => {
  const files = [
    'own-encrypted-key.pem',
    'own-traditional-aes-key.pem',
    'own-traditional-des3-key.pem',
  ]
  for (const file of files) {
    const passwords = [{ text: ownPassword, weight: 90 }]
    const { findings } = await detectKeys({ files: { a: fixture(file) }, passwords })
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['private-key'],
      file,
    )
    const locked = await detectKeys({ files: { a: fixture(file) } })
    assert.deepEqual(
      locked.findings.map(({ rule }) => rule),
      ['locked-keystore'],
      file,
    )
  }
})

test('markers alone, of parsers and documentation, are nothing', async () => {
  const { findings } = await detectKeys({
    texts: {
      a: '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n-----BEGIN RSA PRIVATE KEY-----\n...',
    },
  })
  assert.deepEqual(findings, [])
})

test('any text is read or is none', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '-----BEGIN ',
      '-----',
      'KEY',
      '\n',
      '\\',
      '\\\\n',
      '"',
      ' + ',
      'DEK-Info: AES-256-CBC,',
      '&#',
      'A'.repeat(50),
    ),
    fc.string({ maxLength: 30 }),
    fc.base64String({ maxLength: 200 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = `-----BEGIN ${parts.join('')}`
      const block = readPem(text)
      assert.ok(block === undefined || block.length <= text.length)
      const sealed = block?.sealed
      if (sealed !== undefined) unlessFault(() => sealed.open('x'))
    }),
    { numRuns: 500 },
  )
})
