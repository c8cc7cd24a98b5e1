import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import { parseSigningRequest } from '@sallyport/pki'
import { enrollmentProofBase } from '@sallyport/wire'
import { blocksOf, guide } from './guide.ts'

const kotlin = blocksOf(guide, 'kotlin').join('\n')
const swift = blocksOf(guide, 'swift').join('\n')
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = publicKey.export({ format: 'der', type: 'spki' })

/** The bytes of a list such as `6, 8, 0x2a, 0x86.toByte()`. */
function bytesOf(list: string | undefined): Buffer {
  assert.ok(list !== undefined)
  return Buffer.from(
    list.split(',').map((byte) => Number.parseInt(byte, byte.includes('0x') ? 16 : 10)),
  )
}

/** As `der` of the excerpts. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

describe('excerpts for phones', () => {
  for (const [language, text, list] of [
    ['Kotlin', kotlin, /ecdsaWithSha256 = der\(0x30, byteArrayOf\(([^)]*\)[^)]*\)[^)]*)\)\)/],
    ['Swift', swift, /ecdsaWithSHA256 = der\(0x30, Data\(\[([^\]]*)\]\)\)/],
  ] as const) {
    test(`the signing request in ${language} is one`, () => {
      const algorithm = der(0x30, bytesOf(list.exec(text)?.[1]?.replaceAll('.toByte()', '')))
      assert.match(text, /der\(0x30, [^)\]]*2, 1, 0\]?\)+, der\(0x30\), .*spki.*, der\(0xa0\)\)/)
      const info = der(0x30, Buffer.from([2, 1, 0]), der(0x30), spki, der(0xa0))
      const signature = Buffer.concat([Buffer.from([0]), sign('sha256', info, privateKey)])
      const request = der(0x30, info, algorithm, der(0x03, signature))
      assert.deepEqual(parseSigningRequest(request, { keyKinds: ['ec-p256'] }).spki, spki)
    })
  }

  test('the head of a SubjectPublicKeyInfo in Swift is the one of P-256', () => {
    const head = bytesOf(/let head: \[UInt8\] = \[([^\]]*)\]/.exec(swift)?.[1])
    assert.deepEqual(Buffer.concat([head, spki.subarray(-65)]), spki)
  })

  test('what App Attest vouches for begins as the wire has it', () => {
    const [, label = ''] =
      /Data\("([^"]+)"\.utf8\) \+ Data\(\[0\]\) \+ challenge \+ spki/.exec(swift) ?? []
    const challenge = Buffer.alloc(32, 7)
    const own = Buffer.concat([Buffer.from(`${label}\0`), challenge, spki])
    assert.deepEqual(own, Buffer.from(enrollmentProofBase(challenge, spki)))
  })
})
