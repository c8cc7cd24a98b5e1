import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DpopNonces } from '../../src/binding.ts'
import { check, codeOf, newChecker, now, nowSeconds, proofSigner } from './proofs.ts'

const secret = new Uint8Array(32).fill(1)
const minuteMs = 60_000
const signer = await proofSigner()

test('a nonce counts for five minutes, at every gateway of one secret', () => {
  const nonce = new DpopNonces(secret).latest(now)
  const other = new DpopNonces(secret)
  assert.equal(other.check(nonce, now)?.isLatest, true)
  assert.equal(other.check(nonce, now + minuteMs)?.isLatest, false)
  assert(other.check(nonce, now + 4 * minuteMs))
  assert.equal(other.check(nonce, now + 5 * minuteMs), undefined)
  // The clock of the gateway that gave it is a little ahead.
  assert(other.check(nonce, now - minuteMs))
  assert.equal(other.check(nonce, now - 2 * minuteMs), undefined)
})

test('a nonce of another secret, or an altered one, is none', () => {
  const nonces = new DpopNonces(secret)
  const nonce = nonces.latest(now)
  assert.equal(new DpopNonces(new Uint8Array(32)).check(nonce, now), undefined)
  for (const text of [
    '',
    'x',
    `${nonce}A`,
    `B${nonce.slice(1)}`,
    `${nonce.slice(0, -3)}AAA`,
    '~'.repeat(27),
  ]) {
    assert.equal(nonces.check(text, now), undefined, text)
  }
})

test('nonces of the secret before count until they are old', () => {
  const nonces = new DpopNonces(secret)
  const old = nonces.latest(now)
  nonces.rekey(new Uint8Array(32).fill(2))
  assert.notEqual(nonces.latest(now), old)
  assert.equal(nonces.check(old, now)?.isLatest, false)
  // The same secret again is no change.
  nonces.rekey(new Uint8Array(32).fill(2))
  assert(nonces.check(old, now))
})

test('with a nonce of ours no clock of the client is judged', async () => {
  const checker = newChecker()
  const nonce = checker.nonces.latest(now)
  for (const mode of ['required', 'optional'] as const) {
    const proof = await signer.proof({ nonce, iat: nowSeconds - 86_400, exp: nowSeconds - 86_000 })
    const verdict = check(proof, signer, { checker, rules: { nonce: mode } })
    assert.equal(codeOf(verdict), 'ok')
    assert('until' in verdict && verdict.until > now + 4 * minuteMs)
    assert.equal('isNonceDue' in verdict && verdict.isNonceDue, false)
  }
})

test('where nonces are required a proof without one, or with an old one, is asked for another', async () => {
  const checker = newChecker()
  const options = { checker, rules: { nonce: 'required' as const } }
  assert.equal(codeOf(check(await signer.proof(), signer, options)), 'dpop_nonce_required')
  const old = await signer.proof({ nonce: checker.nonces.latest(now - 10 * minuteMs) })
  assert.equal(codeOf(check(old, signer, options)), 'dpop_nonce_required')
})

test('where nonces are optional only a client whose clock is off is asked for one', async () => {
  const options = { rules: { nonce: 'optional' as const } }
  const verdict = check(await signer.proof(), signer, options)
  assert.equal(codeOf(verdict), 'ok')
  assert.equal('isNonceDue' in verdict && verdict.isNonceDue, true)
  const off = await signer.proof({ iat: nowSeconds - 3_600 })
  assert.equal(codeOf(check(off, signer, options)), 'dpop_nonce_required')
})

test('a nonce due for renewal is told', async () => {
  const checker = newChecker()
  const proof = await signer.proof({ nonce: checker.nonces.latest(now - 2 * minuteMs) })
  const verdict = check(proof, signer, { checker, rules: { nonce: 'required' } })
  assert.equal('isNonceDue' in verdict && verdict.isNonceDue, true)
})
