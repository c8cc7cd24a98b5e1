import { hash } from 'node:crypto'
import { fromBase64url } from '@sallyport/wire'
import type { BindingFault } from '../confirmation/binding-fault.ts'
import type { DpopNonces } from './nonces.ts'
import type { ProofHeader } from './proof-header.ts'
import type { ProofHeaders } from './proof-headers.ts'
import { readPart } from './read-part.ts'
import { splitProof } from './proof-text.ts'
import { normalTargetUri } from './target-uri.ts'

/** What proofs are held to on a route. */
export type ProofRules = {
  readonly algorithms: ReadonlySet<string>
  /**
   * `required`: only proofs with a nonce of ours, whose time is then not judged. `optional`: those with a
   * time near ours as well. `off`: nonces are not looked at.
   */
  readonly nonce: 'required' | 'optional' | 'off'
  /** How far from now the time of a proof without a nonce may be. */
  readonly windowMs: number
}

/** The request that a proof came with, and the token beside it. */
export type ProvenRequest = {
  readonly method: string
  /** Where it was sent: scheme, authority and path, without query. */
  readonly targetUri: string
  /** `cnf.jkt` of the token. */
  readonly keyThumbprint: string
  /** SHA-256 of the token's characters, base64url. */
  readonly tokenHash: string
  /** Milliseconds. */
  readonly now: number
}

/** What proofs are checked with, whatever the route. */
export type ProofChecker = { readonly headers: ProofHeaders; readonly nonces: DpopNonces }

/** A proof that holds. Whether it was used before is still to be asked. */
export type DpopProof = {
  /** 128 bits that name it: of the key, the target and `jti` (RFC 9449 §11.1). */
  readonly replayKey: Buffer
  /** Milliseconds: from then on it is refused whether it was used or not. */
  readonly until: number
  /** Whether its sender should be given a newer nonce with the answer. */
  readonly isNonceDue: boolean
}

const maxIdentifierCharacters = 256
/** What a replay store may be off, and a clock be set back by. */
const replaySkewMs = 5_000

/**
 * Checks a DPoP proof as a resource server does (RFC 9449 §4.3): what costs least first, the signature last.
 *
 * Not checked: that it is the only one of its request, and was not used before.
 *
 * @param proof the value of the one header DPoP
 */
export function checkProof(
  proof: string,
  request: ProvenRequest,
  rules: ProofRules,
  checker: ProofChecker,
): DpopProof | BindingFault {
  const parts = splitProof(proof)
  if (parts === undefined)
    return malformed('proof', 'a JWT in compact form of at most 8192 characters')
  const header = checker.headers.read(parts.header)
  if ('code' in header) return header
  const claims = readClaims(parts.claims)
  if ('code' in claims) return claims
  const against =
    checkKey(header, request, rules) ??
    checkRequest(claims, request) ??
    checkAge(claims, request.now, rules, checker.nonces)
  if (against !== undefined && 'code' in against) return against
  const signature = fromBase64url(parts.signature)
  if (
    signature === undefined ||
    !header.algorithm.verify(header.key, Buffer.from(parts.signed, 'latin1'), signature)
  ) {
    return {
      code: 'dpop_proof_signature_invalid',
      check: 'signature',
      expected: `one by the key ${header.thumbprint}, ${header.algorithmName}`,
      found: 'none of it',
    }
  }
  checker.headers.remember(parts.header, header)
  return {
    replayKey: replayKey(header.thumbprint, claims),
    until: (against?.until ?? claims.iat * 1_000 + rules.windowMs) + replaySkewMs,
    isNonceDue: rules.nonce !== 'off' && against?.isLatest !== true,
  }
}

type ProofClaims = {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  /** Seconds. */
  readonly iat: number
  readonly ath: string
  readonly nonce: string | undefined
  /** Seconds. Proofs need neither, but some clients write what they write into every JWT. */
  readonly exp: number | undefined
  readonly nbf: number | undefined
}

function readClaims(text: string): ProofClaims | BindingFault {
  const claims = readPart(text)
  if (claims === undefined) return malformed('claims', 'a JSON object in base64url')
  const { jti, htm, htu, iat, ath, nonce, exp, nbf } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > maxIdentifierCharacters) {
    return malformed('jti', `1 to ${maxIdentifierCharacters} characters`)
  }
  if (typeof htm !== 'string') return malformed('htm', 'a text')
  if (typeof htu !== 'string') return malformed('htu', 'a text')
  if (!isTime(iat)) return malformed('iat', 'seconds since 1970')
  if (exp !== undefined && !isTime(exp)) return malformed('exp', 'seconds since 1970')
  if (nbf !== undefined && !isTime(nbf)) return malformed('nbf', 'seconds since 1970')
  if (typeof ath !== 'string') return malformed('ath', 'a text')
  if (nonce !== undefined && typeof nonce !== 'string') return malformed('nonce', 'a text')
  return { jti, htm, htu, iat, ath, nonce, exp, nbf }
}

/** The last second of the year 9999. */
const lastSecond = 253_402_300_799

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond
}

function checkKey(
  { algorithmName, thumbprint }: ProofHeader,
  { keyThumbprint }: ProvenRequest,
  { algorithms }: ProofRules,
): BindingFault | undefined {
  if (!algorithms.has(algorithmName)) {
    return {
      code: 'dpop_proof_algorithm_refused',
      check: 'alg',
      expected: [...algorithms].join(', '),
      found: algorithmName,
    }
  }
  // A thumbprint of a public key, which its owner shows with every request, is no secret.
  if (thumbprint === keyThumbprint) return undefined
  return {
    code: 'dpop_proof_key_wrong',
    check: 'jkt',
    expected: `the key ${keyThumbprint}, which the token is bound to`,
    found: thumbprint,
  }
}

function checkRequest(
  { htm, htu, ath }: ProofClaims,
  { method, targetUri, tokenHash }: ProvenRequest,
): BindingFault | undefined {
  if (htm !== method) {
    const found = JSON.stringify(htm.slice(0, 40))
    return { code: 'dpop_proof_method_wrong', check: 'htm', expected: method, found }
  }
  // Nearly always they are the same to the letter.
  if (htu !== targetUri) {
    const normal = normalTargetUri(htu)
    if (normal === undefined || normal !== normalTargetUri(targetUri)) {
      return {
        code: 'dpop_proof_target_wrong',
        check: 'htu',
        expected: targetUri.slice(0, 300),
        found: normal?.slice(0, 300) ?? 'no URI of https or http',
      }
    }
  }
  if (ath === tokenHash) return undefined
  return {
    code: 'dpop_proof_token_wrong',
    check: 'ath',
    expected: 'SHA-256 of the access token in base64url',
    found: `${ath.length} other characters`,
  }
}

/**
 * A nonce of ours says when the proof was made, and no time of the sender's own clock is judged then.
 *
 * @returns until when the proof's nonce counts, where it has one; undefined where its times are near ours
 */
function checkAge(
  claims: ProofClaims,
  now: number,
  rules: ProofRules,
  nonces: DpopNonces,
): ReturnType<DpopNonces['check']> | BindingFault {
  const { nonce } = claims
  if (rules.nonce !== 'off' && nonce !== undefined) {
    return nonces.check(nonce, now) ?? nonceRequired('an old one, or one of another server')
  }
  if (rules.nonce === 'required') return nonceRequired('none')
  const fault = checkTimes(claims, now, rules)
  // With a nonce the clock of the device would not matter.
  return fault !== undefined && rules.nonce === 'optional'
    ? nonceRequired(`none, and ${fault.check} is ${fault.found}`)
    : fault
}

function checkTimes(
  { iat, exp, nbf }: ProofClaims,
  now: number,
  { windowMs }: ProofRules,
): BindingFault | undefined {
  const clockOffsetMs = Math.round(iat * 1_000 - now)
  if (Math.abs(clockOffsetMs) > windowMs) {
    const expected = `within ${windowMs / 1_000} seconds of ${date(now)}`
    return { ...timeWrong('iat', expected, iat), clockOffsetMs }
  }
  if (exp !== undefined && exp * 1_000 <= now) return timeWrong('exp', `after ${date(now)}`, exp)
  if (nbf !== undefined && nbf * 1_000 > now + windowMs) {
    return timeWrong('nbf', `before ${date(now)}`, nbf)
  }
  return undefined
}

function timeWrong(check: string, expected: string, seconds: number): BindingFault {
  return { code: 'dpop_proof_time_wrong', check, expected, found: date(seconds * 1_000) }
}

const date = (ms: number): string => new Date(ms).toISOString()

function nonceRequired(found: string): BindingFault {
  return {
    code: 'dpop_nonce_required',
    check: 'nonce',
    expected: 'a nonce of this server, not older than five minutes',
    found,
  }
}

function malformed(check: string, expected: string): BindingFault {
  return { code: 'dpop_proof_malformed', check, expected, found: 'something else' }
}

/**
 * The target as the proof has it, which is signed: the request may write the same one in other ways. Neither
 * it nor the thumbprint has a zero character.
 */
function replayKey(thumbprint: string, { htu, jti }: ProofClaims): Buffer {
  return hash('sha256', `${thumbprint}\0${htu}\0${jti}`, 'buffer').subarray(0, 16)
}
