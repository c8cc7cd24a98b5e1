import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import { namedTest } from './named-test.ts'

const tokens = 'token/test/hostile-tokens.test.ts'
const claims = 'token/test/token-verifier.test.ts'
const keys = 'token/test/load-key-set.test.ts'
const rotation = 'token/test/key-source.test.ts'
const stage = 'gateway/test/token-stage.test.ts'
const proofs = 'token/test/dpop/check-proof.test.ts'
const nonces = 'token/test/dpop/nonces.test.ts'
const proofStage = 'gateway/test/dpop.test.ts'
const hops = 'gateway/test/edge/hop.test.ts'
const proxyHeaders = 'gateway/test/edge/proxy-listener.test.ts'
const forms = 'gateway/test/forwarded/forms.test.ts'
const addresses = 'gateway/test/forwarded/client-address.test.ts'
const redis = 'gateway/test/counters/redis-counters.test.ts'
const flood = 'gateway/test/limits/key-flood.test.ts'
const pipeline = 'gateway/test/run-pipeline.test.ts'

/**
 * Every kind of bad input to a gateway, and where its tests are: the file, and the title, or row of a table, of
 * each; and the code that refuses it, which stands in the test itself, where there is one.
 */
const coverage: readonly [input: string, file: string, title: string, code?: ReasonCode][] = [
  [
    'a token with alg none',
    tokens,
    'a token signed by nobody is refused',
    'token_algorithm_refused',
  ],
  ['a token under RS/HS confusion', tokens, 'a public key is no secret', 'token_algorithm_refused'],
  [
    'a token with duplicate claims',
    tokens,
    'a claim or a header twice is refused',
    'token_malformed',
  ],
  ['a token with a huge kid', claims, "['with a huge kid'", 'token_malformed'],
  ['a token with jku, x5u, or an embedded jwk', tokens, 'keys that a token brings, or says where'],
  ['a token of 64 kB', tokens, 'a token of 64 kB is refused before', 'token_too_large'],
  ['a token of 64 kB', stage, 'a token of 64 kB ends before anything is read'],
  ['a token with a wrong typ', claims, "['an ID token by its type'", 'token_type_wrong'],
  [
    'a token that expired one second ago',
    claims,
    "['that expired one second ago'",
    'token_expired',
  ],
  ['a token issued an hour ahead', claims, "['issued an hour ahead'", 'token_not_yet_valid'],
  [
    'two Authorization headers',
    stage,
    'two Authorization headers are refused',
    'token_header_invalid',
  ],
  ['a token in the query', stage, 'a token in the query is refused by name', 'token_in_query'],

  [
    'DPoP: no proof, or two',
    proofStage,
    'no proof, and two of them, are refused',
    'dpop_proof_required',
  ],
  ['DPoP: no JWT', proofs, 'what is no JWT, or more than one', 'dpop_proof_malformed'],
  ['DPoP: a wrong typ', proofs, "['typ JWT'", 'dpop_proof_type_wrong'],
  [
    'DPoP: alg none or symmetric',
    proofs,
    'alg none, an HMAC, RS256',
    'dpop_proof_algorithm_refused',
  ],
  ['DPoP: a private key in jwk', proofs, "['a private member in jwk'", 'dpop_proof_key_invalid'],
  [
    'DPoP: a signature by another key',
    proofs,
    'signed with another key than the one in its header',
  ],
  ['DPoP: another method', proofs, "['another method'", 'dpop_proof_method_wrong'],
  ['DPoP: another target', proofs, "['another path'", 'dpop_proof_target_wrong'],
  ['DPoP: another target', proofs, "['another host'", 'dpop_proof_target_wrong'],
  ['DPoP: an old or future iat', proofs, "['made 61 seconds ago'", 'dpop_proof_time_wrong'],
  ['DPoP: an old or future iat', proofs, "['made in 61 seconds'", 'dpop_proof_time_wrong'],
  ['DPoP: no jti', proofs, "['no jti'", 'dpop_proof_malformed'],
  ['DPoP: the hash of another token', proofs, "'of another token'"],
  ['DPoP: the key of another token', proofs, 'with another key than that of the token'],
  ['DPoP: a foreign nonce, or none', nonces, 'a nonce of another secret, or an altered one'],
  ['DPoP: a foreign nonce, or none', nonces, 'where nonces are required a proof without one'],
  ['DPoP: a replayed proof', proofStage, 'a proof counts once'],
  ['DPoP: a replayed proof', proofStage, 'of many copies of one proof at once one counts'],

  ['a spoofed Client-Cert', hops, 'from outside no such field is believed'],
  ['a spoofed Client-Cert', hops, 'a certificate in any other form than that of the listener'],
  ['a spoofed Client-Cert', forms, 'a subject cannot smuggle in an element'],
  ['spoofed X-Forwarded-*', addresses, 'X-Forwarded-For: the rightmost that is not trusted'],
  ['a spoofed Forwarded', addresses, 'Forwarded: the for of the rightmost element'],
  ['a spoofed PROXY header', proxyHeaders, 'a listener without PROXY protocol takes no header'],
  ['a spoofed PROXY header', proxyHeaders, 'whoever is in no listed network is closed'],

  ['a JWKS that is slow', keys, 'a provider whose JWKS is slow, or never ends'],
  ['a JWKS that is huge', keys, 'a provider whose JWKS is huge'],
  [
    'a JWKS that changes every second',
    rotation,
    'changes keys every second is asked twice a minute',
  ],
  ['a Redis that stalls', redis, 'a Redis that stalls keeps nobody waiting'],
  ['ten million random limit keys', flood, 'ten million random limit keys free nobody'],
  ['a stage that throws', pipeline, 'a stage that throws refuses with 503', 'stage_unavailable'],
  ['a stage that overruns', pipeline, 'overruns its budget refuses with 503', 'stage_unavailable'],
]

describe('each kind of bad input to a gateway has its test', () => {
  for (const [input, tests] of Map.groupBy(coverage, ([kind]) => kind)) {
    test(input, () => {
      for (const [, file, title, code] of tests) {
        const found = namedTest(file, title)
        assert.ok(found !== undefined, `${file} has no "${title}"`)
        if (code !== undefined) {
          assert.ok(found.includes(code), `${file}: "${title}" does not name ${code}`)
        }
      }
    })
  }
})
