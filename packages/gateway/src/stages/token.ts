import type { BindingFault, DpopProof } from '@sallyport/token/binding'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { type Decide, pass, type Refusal, type Stage, type Verdict } from '../pipeline/stage.ts'
import { stale, staleForSensitive } from '../status/stale-refusals.ts'
import { checkAuthentication } from '../tokens/check-authentication.ts'
import { checkBinding } from '../tokens/check-binding.ts'
import { checkRequestProof } from '../tokens/check-request-proof.ts'
import { KnownToken } from '../tokens/known-token.ts'
import {
  type Credentials,
  hasTokenInQuery,
  readCredential,
  readCredentials,
  type Scheme,
  severalAuthorizations,
  tokenInForm,
  tokenInQuery,
} from '../tokens/read-credentials.ts'
import { hasTokenInForm, isSmallForm } from '../tokens/token-in-form.ts'
import { type TokenRules, tokenRules } from '../tokens/token-rules.ts'
import { type TokenSettings, tokenSettingsSchema } from '../tokens/token-settings.ts'
import { hashOf } from '../tokens/tokens.ts'
import type { Services } from '../worker/services.ts'

/**
 * Which user is calling: the access token of the request is verified, has not been ended, and its sender
 * proves to hold what it is bound to. The certificate is the device, the token is the user: neither stands
 * in for the other.
 */
export const tokenStage: Stage<TokenSettings> = {
  name: 'token',
  settings: tokenSettingsSchema,
  appliesTo: () => true,
  onlyWhereConfigured: true,
  compile: (settings, { host, route, services }): Decide => {
    const rules = tokenRules(settings, host.name)
    const staleness = route?.sensitive === true ? staleForSensitive : stale
    return (request) => {
      const credentials = readCredentials(request.exchange)
      const { authorization, authorizations } = credentials
      if (authorizations > 1) return refused(severalAuthorizations, rules, undefined)
      if (hasTokenInQuery(request.exchange.target)) return refused(tokenInQuery, rules, undefined)
      if (authorization === undefined) return withoutToken(request, rules)
      // Which tokens were ended since is not known then.
      const late = staleness[services.status.level]
      if (late !== undefined) return late

      const { tokens } = services
      const last = request.caller.presentedToken
      if (last?.authorization === authorization && tokens.isGood(last.known, request.at)) {
        tokens.counts.found++
        return decide(request, last.known, last.scheme, credentials, rules, services)
      }
      return identify(request, authorization, credentials, rules, services)
    }
  },
}

function withoutToken(request: GatewayRequest, rules: TokenRules): Verdict | Promise<Verdict> {
  const { exchange } = request
  if (!rules.isRequired) {
    withhold(request, rules)
    return pass
  }
  if (!isSmallForm(exchange)) return refused(required, rules, undefined)
  // Only to be told by its name: it is refused in any case.
  return hasTokenInForm(exchange).then((isInForm) =>
    refused(isInForm ? tokenInForm : required, rules, undefined),
  )
}

const required: Refusal = {
  code: 'token_required',
  check: 'authorization',
  expected: 'an access token in Authorization: Bearer or DPoP',
  found: 'none',
}

/** Finds or verifies the token of an Authorization that this caller did not bring last. */
function identify(
  request: GatewayRequest,
  authorization: string,
  credentials: Credentials,
  rules: TokenRules,
  services: Services,
): Verdict | Promise<Verdict> {
  const credential = readCredential(authorization)
  if (credential === undefined) return withoutToken(request, rules)
  if ('code' in credential) return refused(credential, rules, undefined)
  const { scheme, token } = credential
  const { tokens } = services
  const goOn = (known: KnownToken): Verdict | Promise<Verdict> => {
    remember(request, authorization, scheme, known)
    return decide(request, known, scheme, credentials, rules, services)
  }
  const tokenHash = hashOf(token)
  const known = tokens.find(tokenHash, request.at)
  if (known !== undefined) {
    tokens.counts.found++
    return goOn(known)
  }
  const verified = tokens.verify(token, tokenHash, rules.question)
  if (!(verified instanceof Promise)) return refused(verified, rules, scheme)
  return verified.then((found) =>
    found instanceof KnownToken ? goOn(found) : refused(found, rules, scheme),
  )
}

/** Connections that bring one token share its text. */
function remember(
  { caller }: GatewayRequest,
  authorization: string,
  scheme: Scheme,
  known: KnownToken,
): void {
  if (known.presented?.authorization !== authorization) {
    known.presented = { authorization, scheme, known }
  }
  caller.presentedToken = known.presented
}

/** All that is asked of a verified token at each request. Synchronous but for a proof that Redis must know. */
function decide(
  request: GatewayRequest,
  known: KnownToken,
  scheme: Scheme,
  credentials: Credentials,
  rules: TokenRules,
  services: Services,
): Verdict | Promise<Verdict> {
  const { token } = known
  if (rules.providers?.has(token.provider) === false) {
    return refused(otherProvider(token.issuer, rules), rules, scheme)
  }
  const against =
    checkEnded(request, known, services) ??
    checkBinding(known, request.device, rules, services.status) ??
    checkAuthentication(token, rules, request.at)
  if (against !== undefined) return refused(against, rules, scheme)
  const proof = checkRequestProof(request, known, scheme, credentials, rules, services.proofs)
  if (proof === undefined) return accept(request, known, rules)
  if ('code' in proof) return refusedProof(request, proof, rules, scheme, services)
  return consume(request, known, proof, rules, services)
}

function otherProvider(issuer: string, { providers }: TokenRules): Refusal {
  return {
    code: 'token_issuer_unknown',
    check: 'provider',
    expected: `a token of ${[...(providers ?? [])].join(', ')}`,
    found: issuer,
  }
}

// As long as the version of the table stands still, so does what was found in it.
function checkEnded(
  { device }: GatewayRequest,
  known: KnownToken,
  { status }: Services,
): Refusal | undefined {
  const version = status.version()
  const deviceId = device?.deviceId
  if (known.statusVersion !== version || known.statusDevice !== deviceId) {
    known.ended = status.endedToken(known.keys, deviceId)
    known.statusDevice = deviceId
    known.statusVersion = version
  }
  if (known.ended === undefined) return undefined
  return {
    code: known.ended,
    check: 'status',
    expected: 'a token that was not ended',
    found: known.label,
  }
}

/** The last of all checks: a proof that was refused for something else may be sent again. */
function consume(
  request: GatewayRequest,
  known: KnownToken,
  proof: DpopProof,
  rules: TokenRules,
  services: Services,
): Verdict | Promise<Verdict> {
  const conclude = (isFirst: boolean): Verdict => {
    if (!isFirst) return refusedProof(request, replayed, rules, 'DPoP', services)
    if (rules.tellsNonces && proof.isNonceDue) {
      request.addAnswerField('DPoP-Nonce', services.proofs.nonces.latest(request.at))
    }
    return accept(request, known, rules)
  }
  if (!rules.consumesProofs) return conclude(true)
  const isFirst = services.counters.once(proof.replayKey, proof.until)
  if (typeof isFirst === 'boolean') return conclude(isFirst)
  return isFirst.then((first) => {
    // It may have ended meanwhile, and nothing that is open would have been found.
    const ended = checkEnded(request, known, services)
    return ended === undefined ? conclude(first) : refused(ended, rules, 'DPoP')
  })
}

const replayed: BindingFault = {
  code: 'dpop_proof_replayed',
  check: 'jti',
  expected: 'a proof that was not used before',
  found: 'one that was',
}

function accept(request: GatewayRequest, known: KnownToken, rules: TokenRules): Verdict {
  request.user = known.token
  request.token = known
  withhold(request, rules)
  return pass
}

/** Whatever Authorization says: what is of no scheme of ours may be a token to the service. */
function withhold(request: GatewayRequest, rules: TokenRules): void {
  request.withholdsToken = !rules.forwardsToken && request.isInForce
}

/** With a nonce to make the next proof with (RFC 9449 §9). */
function refusedProof(
  request: GatewayRequest,
  fault: BindingFault,
  rules: TokenRules,
  scheme: Scheme,
  { proofs }: Services,
): Refusal {
  const refusal = refused(fault, rules, scheme)
  if (rules.proof.nonce === 'off') return refusal
  return { ...refusal, headers: ['DPoP-Nonce', proofs.nonces.latest(request.at)] }
}

function refused(
  refusal: Refusal | BindingFault,
  { challenges }: TokenRules,
  scheme: Scheme | undefined,
): Refusal {
  return { ...refusal, challenges: challenges(refusal.code, scheme) }
}
