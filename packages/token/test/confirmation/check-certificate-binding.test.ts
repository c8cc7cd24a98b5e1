import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type BoundCertificate,
  checkCertificateBinding,
  type CertificateBindingOptions,
} from '../../src/binding.ts'

const thumbprint = (fill: number) => Buffer.alloc(32, fill).toString('base64url')
const renewedAt = Date.UTC(2026, 10, 21, 12)
const overlapMs = 15 * 60_000
const presented: BoundCertificate = {
  thumbprint: thumbprint(9),
  predecessors: [4, 3, 2, 1].map(thumbprint),
  notBefore: renewedAt,
}

function codeOf(
  bound: string,
  options: Partial<CertificateBindingOptions> = {},
  certificate: BoundCertificate | undefined = presented,
): string {
  const fault = checkCertificateBinding(bound, certificate, {
    mode: 'lineage',
    issuedAt: renewedAt - 60_000,
    overlapMs,
    isRevoked: () => false,
    ...options,
  })
  return fault?.code ?? 'ok'
}

test('a token that is bound to the presented certificate passes in both modes', () => {
  for (const mode of ['strict', 'lineage'] as const) {
    assert.equal(codeOf(thumbprint(9), { mode }), 'ok')
    assert.equal(codeOf(thumbprint(9), { mode, issuedAt: renewedAt + 86_400_000 }), 'ok')
  }
})

test('under lineage a token that is bound to one of four predecessors passes, under strict none', () => {
  for (const fill of [4, 3, 2, 1]) {
    assert.equal(codeOf(thumbprint(fill)), 'ok')
    assert.equal(codeOf(thumbprint(fill), { mode: 'strict' }), 'token_binding_outdated')
  }
})

test('a token that is bound to a certificate of another device is told apart in both modes', () => {
  for (const mode of ['strict', 'lineage'] as const) {
    assert.equal(codeOf(thumbprint(7), { mode }), 'token_bound_elsewhere')
    assert.equal(codeOf('short', { mode }), 'token_bound_elsewhere')
  }
})

test('without a certificate a bound token never passes', () => {
  const fault = checkCertificateBinding(thumbprint(9), undefined, {
    mode: 'lineage',
    issuedAt: renewedAt,
    overlapMs,
    isRevoked: () => false,
  })
  assert.equal(fault?.code, 'token_certificate_missing')
})

test('who presents a copy of the old certificate cannot use a token of its successor', () => {
  const copied = { thumbprint: thumbprint(4), predecessors: [], notBefore: renewedAt - 86_400_000 }
  assert.equal(codeOf(thumbprint(9), {}, copied), 'token_bound_elsewhere')
})

test('the binding to a revoked predecessor is refused', () => {
  const isRevoked = (asked: string) => asked === thumbprint(3)
  assert.equal(codeOf(thumbprint(3), { isRevoked }), 'token_predecessor_revoked')
  assert.equal(codeOf(thumbprint(4), { isRevoked }), 'ok')
})

test('a token that was issued to a predecessor after the overlap is refused', () => {
  assert.equal(codeOf(thumbprint(4), { issuedAt: renewedAt + overlapMs - 1 }), 'ok')
  assert.equal(
    codeOf(thumbprint(4), { issuedAt: renewedAt + overlapMs }),
    'token_issued_after_renewal',
  )
  assert.equal(codeOf(thumbprint(4), { issuedAt: Number.NaN }), 'token_issued_after_renewal')
})

test('a fifth predecessor is too far back', () => {
  const five = { ...presented, predecessors: [5, 4, 3, 2, 1].map(thumbprint) }
  assert.equal(codeOf(thumbprint(2), {}, five), 'ok')
  assert.equal(codeOf(thumbprint(1), {}, five), 'token_bound_elsewhere')
})
