import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { encodedBytes } from '../../src/decode/encoded-bytes.ts'
import { defaultLimits } from '../../src/index.ts'
import { lookAt } from '../looked-at.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = privateKey.export({ type: 'pkcs8', format: 'der' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const base64 = key.toString('base64')
const wrapped = (length: number, by: string) =>
  (base64.match(new RegExp(`.{1,${length}}`, 'g')) as string[]).join(by)

const settings = { submittedAt: new Date(0), releaseWindowDays: 0, limits: defaultLimits }
const decode = (text: string) => lookAt([encodedBytes(settings)], text)

/** What a key of 138 bytes looks like in text, and how it is said to be come by. */
const forms: Readonly<Record<string, readonly [text: string, by: string]>> = {
  'standard base64': [base64, 'base64'],
  'base64 for URLs, without padding': [key.toString('base64url'), 'base64'],
  'lines of 64': [wrapped(64, '\n'), 'base64'],
  'lines of 76 ended by \\r\\n': [wrapped(76, '\r\n'), 'base64'],
  'lines with escaped ends': [wrapped(64, '\\n'), 'base64'],
  'indented lines': [wrapped(64, '\n        '), 'base64'],
  'lines joined in code': [`"${wrapped(60, '" +\n    "')}"`, 'base64'],
  'slashes escaped in JSON': [base64.replaceAll('/', '\\/'), 'base64'],
  'a data URL': [`data:application/octet-stream;base64,${base64}`, 'base64'],
  'right behind another string': [`client${base64}`, 'base64'],
  hex: [key.toString('hex'), 'hex'],
  'hex in capitals': [key.toString('hex').toUpperCase(), 'hex'],
  'a list of hex numbers': [
    [...key].map((byte) => `0x${byte.toString(16)}`).join(', '),
    'byte list',
  ],
  'a list of bytes as Java casts them': [
    [...key].map((byte) => `(byte)0x${byte.toString(16).padStart(2, '0')}`).join(','),
    'byte list',
  ],
  'a list of decimals': [`[${[...key].join(',')}]`, 'byte list'],
  'a list of signed decimals over lines': [
    `{ ${[...new Int8Array(key)].join(',\n  ')} }`,
    'byte list',
  ],
  'escaped bytes': [
    [...key].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    'escaped bytes',
  ],
  'hex parted by colons': [(key.toString('hex').match(/../g) as string[]).join(':'), 'spaced hex'],
  'hex parted by spaces': [(key.toString('hex').match(/../g) as string[]).join(' '), 'spaced hex'],
}

for (const [name, [text, by]] of Object.entries(forms)) {
  test(`a key is found as ${name}`, async () => {
    const before = 'const key = "'
    const { blobs } = await decode(`${before}${text}"; end`)
    assert.equal(blobs.length, 1)
    assert.deepEqual(blobs[0]?.by, [by])
    assert.ok(blobs[0].bytes.equals(key), 'byte for byte')
    const at = text.search(/M|30|48|\\x|0x/)
    assert.equal(blobs[0].offset, before.length + Math.max(0, at))
  })
}

test('what lies behind a structure that says its length is not part of it', async () => {
  const { blobs } = await decode(`${base64.replaceAll('=', '')}Abcd next`)
  assert.ok(blobs[0]?.bytes.equals(key))
})

test('a string of a pool that the next ones follow ends where its structure does', async () => {
  const { blobs } = await decode(`aaa\n${base64}\nMIItext\nzzz\n`)
  assert.equal(blobs.length, 1)
  assert.ok(blobs[0]?.bytes.equals(key))
})

test('keystores and archives are told by their magic', async () => {
  const behind = Buffer.alloc(200, 7)
  for (const head of [
    'feedfeed00000002',
    'cececece00000002',
    '0000000200000014',
    '0000000100000014',
    '504b0304',
  ]) {
    const bytes = Buffer.concat([Buffer.from(head, 'hex'), behind])
    assert.equal((await decode(bytes.toString('base64'))).blobs.length, 1, head)
    assert.equal((await decode(`"${[...bytes].join(', ')}"`)).blobs.length, 1, head)
  }
})

test('text comes out as a region, and what it holds is decoded again', async () => {
  const json = JSON.stringify({ key: base64 })
  const { blobs, regions } = await decode(Buffer.from(json).toString('base64'))
  assert.deepEqual(
    regions.map((region) => region.text),
    [json],
  )
  assert.deepEqual(
    blobs.map((blob) => blob.by),
    [['base64', 'base64']],
  )
})

test('gzip and zlib are inflated', async () => {
  for (const [compressed, how] of [
    [gzipSync(key), 'gzip'],
    [deflateSync(key), 'zlib'],
  ] as const) {
    const { blobs } = await decode(compressed.toString('base64'))
    assert.deepEqual(
      blobs.map(({ by }) => by),
      [['base64', how]],
    )
    assert.ok(blobs[0]?.bytes.equals(key))
  }
})

test('a value is unwrapped three times, and no deeper', async () => {
  let text = JSON.stringify({ key: base64 })
  const nested = () => {
    text = Buffer.from(text).toString('base64')
    return text
  }
  nested()
  assert.equal((await decode(nested())).blobs.length, 1)
  assert.equal((await decode(nested())).blobs.length, 0)
})

test('PEM is left to who reads keys', async () => {
  assert.deepEqual((await decode(pem)).blobs, [])
  assert.deepEqual((await decode(JSON.stringify(pem))).blobs, [])
})

test('names, hashes and pictures cost nothing', async () => {
  const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(400, 1)])
  const text = [
    'com/google/android/gms/internal/firebase/measurement/ClientInterfaceImplementation',
    'a'.repeat(500),
    'MII'.repeat(200),
    '0123456789abcdef'.repeat(8),
    picture.toString('base64'),
    `30 82 ${'00 '.repeat(100)}`,
    [...Array(200).keys()].join(', '),
  ].join('\n')
  const { blobs, regions, notChecked } = await decode(text)
  assert.deepEqual([blobs, regions, notChecked], [[], [], []])
})

test('random base64 gives almost nothing', async () => {
  let given = 0
  for (let round = 0; round < 2000; round += 1) {
    const { blobs, regions } = await decode(randomBytes(96).toString('base64'))
    given += blobs.length + regions.length
  }
  assert.ok(given < 10, `${given} of 2000`)
})

test('a gzip that inflates without end is left alone', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 ** 2)).toString('base64')
  const { blobs, regions } = await decode(bomb)
  assert.deepEqual([blobs, regions], [[], []])
})

test('any text is read to its end', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom(
      base64,
      base64.slice(0, 60),
      'MII',
      '\n',
      '\\n',
      '0x30,',
      '48,130,',
      '\\x30',
      '30 82 ',
    ),
    fc.string({ unit: fc.constantFrom(...'MIIABab09+/-_=\n'), minLength: 60, maxLength: 200 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const text = pieces.join('')
      const { blobs } = await decode(text)
      for (const { offset, bytes } of blobs) {
        assert.ok(offset >= 0 && offset < text.length)
        assert.ok(bytes.length > 0 && bytes.length <= text.length)
      }
    }),
    { numRuns: 500 },
  )
})

test('hostile text costs its length, not its square', async () => {
  // Each line begins what says it is 40 KB long; a break every few hundred lines makes it vain.
  const line = `MIKcQDCC${'A'.repeat(52)}`
  const block = `${Array(600).fill(line).join('\n')}\n!\n`
  const numbers = '48,130,1,1,48,'.repeat(20_000)
  const time = async (times: number) => {
    const text = block.repeat(times) + numbers.repeat(times)
    const before = performance.now()
    await decode(text)
    return (performance.now() - before) / text.length
  }
  await time(4)
  const small = Math.min(await time(4), await time(4))
  const large = Math.min(await time(40), await time(40))
  assert.ok(large < small * 4, `${large * 1e6} against ${small * 1e6} ns a character`)
})
