import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { textFileReader } from '../../src/strings/text-file.ts'
import { placesOf, readWith } from '../collect.ts'

const text = 'first line\nпароль = "geheim-秘密-42"\n\ttoken: 0123456789\n'
const needle = 'token: 0123'

const forms: Record<string, { bytes: Buffer; needleBytes: Buffer }> = {
  'UTF-8': { bytes: Buffer.from(text), needleBytes: Buffer.from(needle) },
  'UTF-8 with a mark': { bytes: Buffer.from(`\ufeff${text}`), needleBytes: Buffer.from(needle) },
  'UTF-16LE with a mark': {
    bytes: Buffer.from(`\ufeff${text}`, 'utf16le'),
    needleBytes: Buffer.from(needle, 'utf16le'),
  },
  'UTF-16BE with a mark': {
    bytes: Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
    needleBytes: Buffer.from(needle, 'utf16le').swap16(),
  },
  'UTF-16LE without one': {
    bytes: Buffer.from(`plain ${needle}`, 'utf16le'),
    needleBytes: Buffer.from(needle, 'utf16le'),
  },
  'Latin-1': {
    bytes: Buffer.from(`Schlüssel für alle, ${needle}`, 'latin1'),
    needleBytes: Buffer.from(needle),
  },
}

for (const [name, { bytes, needleBytes }] of Object.entries(forms)) {
  test(`a file in ${name} is text, and its places are known`, async () => {
    assert.ok(textFileReader.takes(bytes, 'strings'))
    const { regions } = await readWith(textFileReader, bytes)
    assert.deepEqual(placesOf(needle, regions), [bytes.indexOf(needleBytes)])
    assert.doesNotMatch(regions[0]?.text ?? '', /\ufffd|\ufeff/)
  })
}

test('what is no text is none', () => {
  const others = [
    Buffer.alloc(0),
    Buffer.alloc(200),
    randomBytes(4096),
    Buffer.from('\x89PNG\r\n\x1a\n\0\0'),
  ]
  for (const bytes of others) assert.ok(!textFileReader.takes(bytes, 'a.txt'))
})

test('a head that ends within a character is still UTF-8', () => {
  const head = Buffer.from('€'.repeat(2000)).subarray(0, 4096)
  assert.ok(textFileReader.takes(head, 'a.json'))
})

test('a large file comes in pieces that overlap, cut between characters', async () => {
  const line = 'Zeile mit Umläuten und € darin\n'
  const bytes = Buffer.from(line.repeat(600_000))
  const { regions } = await readWith(textFileReader, bytes, 'www/main.js')
  assert.ok(regions.length > 2)
  for (const region of regions) {
    assert.equal(region.source, 'script')
    assert.ok(!region.text.includes('\ufffd'))
    const index = region.text.lastIndexOf('Umläuten')
    assert.equal(
      bytes.toString('utf8', region.offsetAt(index), region.offsetAt(index) + 9),
      'Umläuten',
    )
  }
  const [first, second] = regions
  const overlap = first!.offsetAt(first!.text.length) - second!.offsetAt(0)
  assert.ok(overlap >= 256 * 1024 && overlap < 256 * 1024 + 4)
  assert.equal(regions.at(-1)!.offsetAt(regions.at(-1)!.text.length), bytes.length)
})
