import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { joseSignature } from '../src/index.ts'

const curves = [
  { namedCurve: 'P-256', kind: 'ec-p256', bytes: 64 },
  { namedCurve: 'P-384', kind: 'ec-p384', bytes: 96 },
] as const

for (const { namedCurve, kind, bytes } of curves) {
  test(`signatures of ${namedCurve} verify as JOSE has them, short numbers among them`, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    // One in 256 numbers begins with a byte of zeros.
    for (let round = 0; round < 600; round++) {
      const data = Buffer.from(`message ${round}`)
      const signature = joseSignature(sign('sha256', data, privateKey), kind)
      assert.equal(signature.length, bytes)
      assert(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
    }
  })
}
