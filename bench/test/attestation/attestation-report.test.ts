import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  meetsAttestationLimits,
  reportedAttestation,
} from '../../src/attestation/attestation-report.ts'
import { attestationText } from '../../src/attestation/attestation-text.ts'

const measured = (limit?: number) => ({
  subject: {
    name: 'a phone',
    about: 'a root',
    verify: () => true,
    ...(limit === undefined ? {} : { bare: { count: 4, verify: () => true, limit } }),
  },
  whole: [300, 900, 270],
  bare: limit === undefined ? [] : [200, 600, 200],
})
const report = (limit?: number) => ({
  machine: { node: '26' },
  settings: { rounds: 3 },
  attestations: [reportedAttestation(measured(limit))],
})

test('figures are medians over the rounds, the ratio that of the ratios within rounds', () => {
  const { microseconds, bare, verificationsPerSecond } = reportedAttestation(measured(1.5))
  assert.equal(microseconds, 300)
  assert.equal(Math.round(verificationsPerSecond), 3_333)
  assert.deepEqual(bare, {
    signatures: 4,
    microseconds: 200,
    ratio: 1.5,
    limit: 1.5,
    isMet: true,
  })
})

test('a limit is met up to its value, and what has none is told for information', () => {
  assert.equal(meetsAttestationLimits(report(1.5)), true)
  assert.equal(meetsAttestationLimits(report(1.49)), false)
  assert.equal(meetsAttestationLimits(report()), true)
})

test('the text says which limit is not met', () => {
  assert.match(
    attestationText(report(1.4)),
    /\| +3333 \| +300 \| +200 \(4\) \| +1\.50 × \| +1\.40 × \|/,
  )
  assert.match(attestationText(report(1.4)), /NOT met: a phone: at most 1\.40 ×, found 1\.50 ×/)
})
