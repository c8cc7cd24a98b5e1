import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { builtInRoots, readReceipt } from '../../src/index.ts'
import { attestReally, decodeReal, one } from './real-app-attest.ts'

describe('whatever bytes of a real object are changed', () => {
  const changes = (length: number) =>
    fc.array(fc.tuple(fc.nat(length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
  const changed = (bytes: Buffer, at: readonly (readonly [number, number])[]) => {
    const copy = Buffer.from(bytes)
    for (const [position, byte] of at) copy.writeUInt8(byte, position)
    return copy
  }

  it('an attestation is never about another key, app or environment, and nothing is thrown', () => {
    const { receipt: _, ...key } = attestReally().appAttestKey ?? {}
    fc.assert(
      fc.property(changes(one.attestation.length), (at) => {
        const result = attestReally({ attestation: changed(one.attestation, at) })
        const { receipt: _, ...found } = result.appAttestKey ?? {}
        if (result.assurance === 'app-attested') assert.deepEqual(found, key)
        else assert.equal(result.appAttestKey, undefined)
      }),
      { numRuns: 400 },
    )
  })

  it('a receipt is refused, or says what it said', () => {
    const { receipt } = decodeReal(one.attestation)
    const anchors = builtInRoots.appAttestReceipts
    const { claims } = readReceipt(receipt, { anchors })
    fc.assert(
      fc.property(changes(receipt.length), (at) => {
        const result = readReceipt(changed(receipt, at), { anchors })
        if (result.accepted) assert.deepEqual(result.claims, claims)
      }),
      { numRuns: 400 },
    )
  })
})
