import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import * as dpop from 'dpop'
import fc from 'fast-check'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import {
  check,
  codeOf,
  newChecker,
  now,
  nowSeconds,
  type ProofSigner,
  proofSigner,
  target,
  token,
  tokenHash,
} from './proofs.ts'

const signer = await proofSigner()

test('the example of RFC 9449 §7.1 verifies', () => {
  const example = [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
    'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
    '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ].join('.')
  assert.equal(tokenHash, 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
  const verdict = check(
    example,
    { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
    {
      request: {
        targetUri: 'https://resource.example.org/protectedresource',
        now: 1_562_262_618_000,
      },
    },
  )
  assert.equal(codeOf(verdict), 'ok')
})

test('proofs by the npm package dpop verify, in each algorithm that it has and we take', async () => {
  for (const alg of ['ES256', 'PS256', 'Ed25519'] as const) {
    const keyPair = await dpop.generateKeyPair(alg, { extractable: true })
    const jkt = await calculateJwkThumbprint(await exportJWK(keyPair.publicKey))
    const proof = await dpop.generateProof(keyPair, `${target}?a=1#b`, 'GET', undefined, token)
    assert.equal(codeOf(check(proof, { jkt }, { request: { now: Date.now() } })), 'ok', alg)
  }
})

test('each algorithm verifies with a key of its kind', async () => {
  for (const alg of ['ES256', 'ES384', 'ES512', 'PS256', 'EdDSA', 'Ed25519']) {
    const one = await proofSigner(alg)
    assert.equal(codeOf(check(await one.proof(), one)), 'ok', alg)
  }
})

/** What a resource server must refuse (RFC 9449 §4.3, FAPI 2.0), and what it is told to the operator as. */
const negative: readonly [string, string, Record<string, unknown>, Record<string, unknown>?][] = [
  ['no typ', 'dpop_proof_type_wrong', {}, { typ: undefined }],
  ['typ JWT', 'dpop_proof_type_wrong', {}, { typ: 'JWT' }],
  ['typ of an access token', 'dpop_proof_type_wrong', {}, { typ: 'at+jwt' }],
  ['no jwk', 'dpop_proof_key_invalid', {}, { jwk: undefined }],
  ['a kid in place of jwk', 'dpop_proof_key_invalid', {}, { jwk: undefined, kid: 'key-1' }],
  ['a private member in jwk', 'dpop_proof_key_invalid', {}, { jwk: { ...signer.jwk, d: 'AA' } }],
  ['a symmetric jwk', 'dpop_proof_key_invalid', {}, { jwk: { kty: 'oct', k: 'AA' } }],
  [
    'a jwk of another curve',
    'dpop_proof_key_invalid',
    {},
    { jwk: { ...signer.jwk, crv: 'P-384' } },
  ],
  [
    'a point off its curve',
    'dpop_proof_key_invalid',
    {},
    { jwk: { ...signer.jwk, y: signer.jwk.x } },
  ],
  ['a jwk that is a text', 'dpop_proof_key_invalid', {}, { jwk: 'AA' }],
  ['no jti', 'dpop_proof_malformed', { jti: undefined }],
  ['an empty jti', 'dpop_proof_malformed', { jti: '' }],
  ['a jti of 257 characters', 'dpop_proof_malformed', { jti: 'a'.repeat(257) }],
  ['no htm', 'dpop_proof_malformed', { htm: undefined }],
  ['no htu', 'dpop_proof_malformed', { htu: undefined }],
  ['no iat', 'dpop_proof_malformed', { iat: undefined }],
  ['an iat that is a text', 'dpop_proof_malformed', { iat: String(nowSeconds) }],
  ['no ath', 'dpop_proof_malformed', { ath: undefined }],
  ['a nonce that is a number', 'dpop_proof_malformed', { nonce: 1 }],
  ['another method', 'dpop_proof_method_wrong', { htm: 'POST' }],
  ['the method in lower case', 'dpop_proof_method_wrong', { htm: 'get' }],
  ['another path', 'dpop_proof_target_wrong', { htu: `${target}/1` }],
  ['another host', 'dpop_proof_target_wrong', { htu: 'https://evil.example/v1/accounts' }],
  ['another scheme', 'dpop_proof_target_wrong', { htu: target.replace('https', 'http') }],
  ['another port', 'dpop_proof_target_wrong', { htu: 'https://api.example.com:8443/v1/accounts' }],
  ['a path alone', 'dpop_proof_target_wrong', { htu: '/v1/accounts' }],
  [
    'a path in another case',
    'dpop_proof_target_wrong',
    { htu: 'https://api.example.com/v1/Accounts' },
  ],
  [
    'a user in the address',
    'dpop_proof_target_wrong',
    { htu: 'https://api.example.com@evil.example/v1/accounts' },
  ],
  ['made 61 seconds ago', 'dpop_proof_time_wrong', { iat: nowSeconds - 61 }],
  ['made in 61 seconds', 'dpop_proof_time_wrong', { iat: nowSeconds + 61 }],
  ['expired', 'dpop_proof_time_wrong', { exp: nowSeconds - 1 }],
  ['not valid before an hour', 'dpop_proof_time_wrong', { nbf: nowSeconds + 3_600 }],
  [
    'of another token',
    'dpop_proof_token_wrong',
    { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp' },
  ],
  [
    'ath in hexadecimal',
    'dpop_proof_token_wrong',
    { ath: Buffer.from(tokenHash, 'base64url').toString('hex') },
  ],
]

for (const [what, code, claims, header] of negative) {
  test(`a DPoP proof is refused: ${what}`, async () => {
    assert.equal(codeOf(check(await signer.proof(claims, header), signer)), code)
  })
}

test('a header with crit is refused', async () => {
  const proof = await signer.proof()
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: signer.jwk, crit: ['x'], x: 1 }
  const [, claims, signature] = proof.split('.')
  const altered = `${encode(header)}.${claims}.${signature}`
  assert.equal(codeOf(check(altered, signer)), 'dpop_proof_malformed')
})

test('alg none, an HMAC, RS256 and an unknown one are refused', async () => {
  const [, claims = ''] = (await signer.proof()).split('.')
  for (const alg of ['none', 'HS256', 'RS256', 'ES256K', 'toString', undefined, 1]) {
    const header = encode({ typ: 'dpop+jwt', alg, jwk: signer.jwk })
    const signed = `${header}.${claims}`
    const mac = createHmac('sha256', JSON.stringify(signer.jwk)).update(signed).digest('base64url')
    assert.equal(
      codeOf(check(`${signed}.${mac}`, signer)),
      'dpop_proof_algorithm_refused',
      String(alg),
    )
  }
})

test('an algorithm that the route does not list is refused', async () => {
  const one = await proofSigner('ES384')
  const only = { rules: { algorithms: new Set(['ES256']) } }
  assert.equal(codeOf(check(await one.proof(), one, only)), 'dpop_proof_algorithm_refused')
})

test('a proof with another key than that of the token is told apart', async () => {
  const thief = await proofSigner()
  assert.equal(codeOf(check(await thief.proof(), signer)), 'dpop_proof_key_wrong')
})

test('a proof signed with another key than the one in its header is refused', async () => {
  const thief = await proofSigner()
  const proof = await thief.proof({}, { jwk: signer.jwk })
  const verdict = check(proof, signer)
  assert.equal(codeOf(verdict), 'dpop_proof_signature_invalid')
})

test('altered claims, and a signature in DER or cut short, are refused', async () => {
  const proof = await signer.proof()
  const [header, , signature = ''] = proof.split('.')
  const other = (await signer.proof()).split('.')[1]
  assert.equal(
    codeOf(check(`${header}.${other}.${signature}`, signer)),
    'dpop_proof_signature_invalid',
  )
  assert.equal(codeOf(check(proof.slice(0, -2), signer)), 'dpop_proof_signature_invalid')
})

test('what is no JWT, or more than one, is refused', async () => {
  const proof = await signer.proof()
  for (const text of [
    '',
    '.',
    '..',
    'a.b',
    'a.b.c',
    `${proof}, ${proof}`,
    `${proof}.AA`,
    `${proof}=`,
    'e30.e30.',
    'a'.repeat(9_000),
  ]) {
    assert.match(
      codeOf(check(text, signer)),
      /^dpop_proof_(?:malformed|type_wrong|signature_invalid)$/,
      text.slice(0, 40),
    )
  }
  assert.equal(codeOf(check(`${proof}, ${proof}`, signer)), 'dpop_proof_malformed')
})

test('two members of one name are refused', async () => {
  const [header, claims = ''] = (await signer.proof()).split('.')
  const text = Buffer.from(claims, 'base64url').toString()
  const twice = Buffer.from(text.replace('{', '{"htm":"POST",')).toString('base64url')
  assert.equal(codeOf(check(`${header}.${twice}.AAAA`, signer)), 'dpop_proof_malformed')
})

test('htu and target are compared in their normal form, without query and fragment', async () => {
  const pairs = [
    ['HTTPS://API.Example.COM/v1/accounts', target],
    ['https://api.example.com:443/v1/accounts', target],
    ['https://api.example.com/v1/accounts?x=1', target],
    ['https://api.example.com/v1/accounts#x', target],
    ['https://api.example.com/v1/./x/../accounts', target],
    ['https://api.example.com/v1/%61ccounts', target],
    ['https://api.example.com/a%2fb', 'https://api.example.com/a%2Fb'],
    ['https://api.example.com', 'https://api.example.com/'],
    [target, 'https://API.example.com:443/v1/accounts'],
  ] as const
  for (const [htu, targetUri] of pairs) {
    const verdict = check(await signer.proof({ htu }), signer, { request: { targetUri } })
    assert.equal(codeOf(verdict), 'ok', htu)
  }
  const encoded = check(await signer.proof({ htu: 'https://api.example.com/a%2Fb' }), signer, {
    request: { targetUri: 'https://api.example.com/a/b' },
  })
  assert.equal(codeOf(encoded), 'dpop_proof_target_wrong')
})

test('a proof of ten seconds ahead is taken, and a clock that is off is measured', async () => {
  assert.equal(codeOf(check(await signer.proof({ iat: nowSeconds + 10 }), signer)), 'ok')
  const verdict = check(await signer.proof({ iat: nowSeconds - 7_200 }), signer)
  assert('clockOffsetMs' in verdict)
  assert.equal(verdict.clockOffsetMs, -7_200_000)
})

test('one proof has one replay key, however its request is written', async () => {
  const proof = await signer.proof({ jti: 'one' })
  const keyOf = (verdict: ReturnType<typeof check>) =>
    'replayKey' in verdict ? verdict.replayKey.toString('hex') : codeOf(verdict)
  const first = keyOf(check(proof, signer))
  assert.equal(
    keyOf(check(proof, signer, { request: { targetUri: `${target.slice(0, -1)}%73` } })),
    first,
  )
  assert.notEqual(keyOf(check(await signer.proof({ jti: 'two' }), signer)), first)
  const other: ProofSigner = await proofSigner()
  assert.notEqual(keyOf(check(await other.proof({ jti: 'one' }), other)), first)
})

test('a proof is remembered for as long as it could be taken again', async () => {
  const verdict = check(await signer.proof({ iat: nowSeconds + 50 }), signer)
  assert('until' in verdict && verdict.until >= now + 50_000 + 60_000)
})

test('headers of proofs that did not verify are not remembered', async () => {
  const checker = newChecker()
  const thief = await proofSigner()
  const forged = await thief.proof({}, { jwk: signer.jwk })
  assert.equal(codeOf(check(forged, signer, { checker })), 'dpop_proof_signature_invalid')
  assert.equal(codeOf(check(await signer.proof(), signer, { checker })), 'ok')
  // The same header once more, from memory.
  assert.equal(codeOf(check(forged, signer, { checker })), 'dpop_proof_signature_invalid')
  assert.equal(codeOf(check(await signer.proof(), signer, { checker })), 'ok')
})

test('no text makes the check throw, or passes', async () => {
  const proof = await signer.proof()
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      assert.notEqual(codeOf(check(text, signer)), 'ok')
    }),
  )
  fc.assert(
    fc.property(
      fc.nat({ max: proof.length - 1 }),
      fc.string({ minLength: 1, maxLength: 3 }),
      (at, text) => {
        const altered = proof.slice(0, at) + text + proof.slice(at + text.length)
        fc.pre(altered !== proof)
        assert.notEqual(codeOf(check(altered, signer)), 'ok')
      },
    ),
  )
  fc.assert(
    fc.property(fc.json(), fc.json(), (header, claims) => {
      const text = `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}.AAAA`
      assert.notEqual(codeOf(check(text, signer)), 'ok')
    }),
  )
})

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
