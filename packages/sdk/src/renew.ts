import { type RenewalRequest, renewalProofBase, toBase64url } from '@sallyport/wire'
import { isTlsFailure } from './authority.ts'
import { readIssued } from './authority-answer.ts'
import { aboutTheApp, type ClientContext } from './client-context.ts'
import { type Identity, inKeyStore } from './client-state.ts'
import {
  adoptCertificate,
  createKey,
  destroyDiscardedKeys,
  dropPending,
  openKey,
  requestFor,
} from './device-keys.ts'
import { evidenceFor } from './evidence-for.ts'
import type { KeyHandle } from './key-store.ts'
import { isSallyportError, SallyportError } from './sallyport-error.ts'
import { endIdentity } from './end-identity.ts'
import { transportIdentity } from './transport-identity.ts'

type PendingRenewal = { readonly keyId: string; readonly request: RenewalRequest }

/**
 * What to do about a renewal that was refused or not heard. Each step is taken at most once, so that a
 * renewal ends; every way ends in a certificate, in a refusal that says to enrol again, or in a failure
 * that leaves everything as it is for the next attempt.
 */
type Step = 'sign' | 'refresh' | 'replace-key'

const steps: Readonly<Record<string, Step>> = {
  device_certificate_required: 'sign',
  device_certificate_expired: 'sign',
  challenge_expired: 'refresh',
  challenge_used: 'refresh',
  challenge_refused: 'refresh',
  challenge_connection_mismatch: 'refresh',
  renewal_evidence_required: 'replace-key',
  evidence_refused: 'replace-key',
  csr_malformed: 'replace-key',
  csr_signature_invalid: 'replace-key',
  csr_key_not_allowed: 'replace-key',
  device_key_lost: 'replace-key',
}

/**
 * Renews the certificate: over mutual TLS with the current one, or after its expiry by a signature of
 * its key over a fresh challenge. The request is durable before it is sent. One that was sent before is
 * sent again as it stands: the authority answers the same predecessor and key with the same certificate.
 */
export async function renewCertificate(context: ClientContext): Promise<Identity> {
  await destroyDiscardedKeys(context.keyStore, context.state)
  const { identity, pending: earlier } = await context.state.read()
  if (identity === undefined) throw new SallyportError('device_not_enrolled')
  try {
    const resent = earlier?.kind === 'renew' ? earlier : undefined
    const renewed = await renewFrom(context, identity, resent)
    const isStale = resent !== undefined && context.clock.now() >= renewed.notAfter
    // The answer to a request of long ago may be a certificate that has expired since.
    return isStale ? await renewFrom(context, renewed, undefined) : renewed
  } catch (error) {
    context.events.failed('renewal failed', error)
    if (isSallyportError(error) && !error.retryable) await dropPending(context.state)
    if (isSallyportError(error) && error.action === 're-enroll') {
      await endIdentity(context, error.serverCode)
    }
    throw error
  }
}

async function renewFrom(
  context: ClientContext,
  identity: Identity,
  earlier: PendingRenewal | undefined,
): Promise<Identity> {
  const currentKey = await openKey(context.keyStore, identity.keyId)
  const renewal = { context, identity, currentKey }
  const taken = new Set<Step>()
  let isFresh = earlier === undefined
  let pending = earlier ?? (await prepare(renewal, context.renewalKey, false))
  for (;;) {
    try {
      return await send(renewal, pending)
    } catch (error) {
      const step = stepFor(error, pending, isFresh && context.renewalKey === 'new')
      if (step === undefined || taken.has(step)) throw error
      taken.add(step)
      context.events.failed(`renewal goes on: ${step}`, error)
      const isSigned = step === 'sign' || pending.request.proof !== undefined
      // Evidence of a key that was made for one challenge may be good for no other.
      const isKeySpent = isFresh && pending.keyId !== identity.keyId
      isFresh ||= step === 'replace-key'
      pending =
        step === 'replace-key' || isKeySpent
          ? await prepare(renewal, 'new', isSigned)
          : await compose(renewal, await openKey(context.keyStore, pending.keyId), {
              isSigned,
              csr: pending.request.csr,
              hasEvidence: pending.request.evidence !== undefined,
            })
    }
  }
}

/** A key made just now is refused for what it is: another of the same making would fare no better. */
function stepFor(error: unknown, pending: PendingRenewal, isNewKey: boolean): Step | undefined {
  if (!isSallyportError(error)) return undefined
  if (isTlsFailure(error)) return pending.request.proof === undefined ? 'sign' : undefined
  const step = Object.hasOwn(steps, error.code) ? steps[error.code] : undefined
  return step === 'replace-key' && isNewKey ? undefined : step
}

type Renewal = {
  readonly context: ClientContext
  readonly identity: Identity
  readonly currentKey: KeyHandle
}

/** The request: for a new key with evidence over a fresh challenge, or for the same key with none or an assertion. */
async function prepare(
  renewal: Renewal,
  which: 'new' | 'same',
  isSigned: boolean,
): Promise<PendingRenewal> {
  const { context, identity, currentKey } = renewal
  await dropPending(context.state)
  if (which === 'new') return await compose(renewal, 'new', { isSigned, hasEvidence: true })
  const csr = await requestFor(currentKey)
  const hasEvidence = context.evidenceAtRenewal === 'always'
  if (hasEvidence || isSigned || context.clock.now() >= identity.notAfter) {
    return await compose(renewal, currentKey, { isSigned, csr, hasEvidence })
  }
  return await keep(context, {
    keyId: currentKey.id,
    request: { csr, ...aboutTheApp(context.app) },
  })
}

/**
 * A request over a fresh challenge, with evidence over it where the key needs some, and, where the
 * certificate can no longer speak for itself in TLS, with a signature by its key (`renewalProofBase`).
 */
async function compose(
  renewal: Renewal,
  which: KeyHandle | 'new',
  parts: { isSigned: boolean; hasEvidence: boolean; csr?: string },
): Promise<PendingRenewal> {
  const { context, identity, currentKey } = renewal
  const { app, authority, clock, keyStore, state } = context
  const challenge = await authority.challenge(app.id, 'renew')
  const key = which === 'new' ? await createKey(keyStore, state, challenge) : which
  const about = { purpose: 'renew', challenge, key, renewedKeyId: identity.keyId } as const
  const request: RenewalRequest = {
    csr: parts.csr ?? (await requestFor(key)),
    challenge: challenge.text,
    ...(parts.hasEvidence ? await evidenceFor(context, about) : {}),
    ...aboutTheApp(app),
  }
  // The clock is worth asking only here: the answer with the challenge told the time at the server.
  if (!parts.isSigned && clock.now() < identity.notAfter) {
    return await keep(context, { keyId: key.id, request })
  }
  const spki = await inKeyStore(() => key.publicKey())
  const proof = await inKeyStore(() => currentKey.sign(renewalProofBase(challenge.bytes, spki)))
  const certificate = identity.certificates[0] ?? ''
  const signed = { ...request, certificate, proof: toBase64url(proof) }
  return await keep(context, { keyId: key.id, request: signed })
}

async function keep(context: ClientContext, pending: PendingRenewal): Promise<PendingRenewal> {
  const { discardedKeyIds } = await context.state.read()
  await context.state.update({
    pending: { kind: 'renew', ...pending },
    discardedKeyIds: discardedKeyIds.filter((id) => id !== pending.keyId),
  })
  return pending
}

async function send(renewal: Renewal, pending: PendingRenewal): Promise<Identity> {
  const { context, identity, currentKey } = renewal
  const key = await openKey(context.keyStore, pending.keyId)
  const spki = await inKeyStore(() => key.publicKey())
  const presented =
    pending.request.proof === undefined ? transportIdentity(identity, currentKey) : undefined
  const answer = await context.authority.renew(pending.request, presented)
  const issued = readIssued(answer.members, spki)
  const renewed = await adoptCertificate(context, pending.keyId, issued)
  context.events.add('renewed', `until ${new Date(renewed.notAfter).toISOString()}`)
  return renewed
}
