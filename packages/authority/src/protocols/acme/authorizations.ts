import { isProblem, Problem, reasonOf } from '@sallyport/problem'
import { isId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority, Caller } from '../../authority.ts'
import type { AcmeAuthorizationRow, Tables } from '../../store/tables.ts'
import { errorText } from './acme-error.ts'
import type { AccountMessage } from './acme-message.ts'
import { validateDevice } from './device-attest.ts'
import { validateName } from './http01.ts'
import { challengeOf } from './identifiers.ts'
import { openStatuses } from './order-status.ts'
import { readOrder } from './orders.ts'

/** What a challenge that was met leaves behind. */
export type Validated = {
  /** JSON of what an attestation admits. */
  readonly evidence?: string
  /** Of the key that was attested. */
  readonly spkiSha256?: string
}

/** How each challenge is looked at. Both throw the Problem that makes it invalid. */
const validators: Readonly<
  Record<
    ReturnType<typeof challengeOf>,
    (
      authority: Authority,
      message: AccountMessage,
      authorization: AcmeAuthorizationRow,
    ) => Promise<Validated>
  >
> = { 'device-attest-01': validateDevice, 'http-01': validateName }

/**
 * An authorization of this account, as it stands now.
 *
 * @throws Problem `not_found`
 */
export async function readAuthorization(
  store: Kysely<Tables>,
  { id, accountId }: { id: string; accountId: string },
): Promise<AcmeAuthorizationRow> {
  const row = isId('acmeAuthorization', id)
    ? await store
        .selectFrom('acme_authorizations')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
    : undefined
  if (row === undefined)
    throw new Problem('not_found', { detail: 'There is no such authorization' })
  return row
}

/** RFC 8555 §7.1.6: what was not answered in time is over. */
export function statusOf(
  { status, expires_at }: AcmeAuthorizationRow,
  now: number,
): AcmeAuthorizationRow['status'] | 'expired' {
  const isOpen = status === 'pending' || status === 'valid'
  return isOpen && expires_at <= now ? 'expired' : status
}

/**
 * Looks at the answer to a challenge (RFC 8555 §7.5.1), and makes authorization and order valid or
 * invalid by it, in one write. One that is over is answered as it stands.
 *
 * @param note is told why it is invalid: no refusal of the message tells of it
 * @throws Problem where nothing can be said: `authority_busy`, `store_unavailable`
 */
export async function answerChallenge(
  authority: Authority,
  message: AccountMessage,
  authorization: AcmeAuthorizationRow,
  note: (refusal: Problem) => void,
): Promise<AcmeAuthorizationRow> {
  if (statusOf(authorization, authority.now()) !== 'pending') return authorization
  const validate = validators[challengeOf(authorization.identifier_type)]
  const outcome = await validate(authority, message, authorization).catch((error: unknown) => {
    if (isProblem(error) && isFinal(error)) return error
    throw error
  })
  const { caller } = message
  const isValid = !isProblem(outcome)
  const answered = await authority.store.write((tx) =>
    isValid
      ? recordValid(tx, authorization, { validated: outcome, now: authority.now() })
      : recordInvalid(tx, authorization, { problem: outcome, caller }),
  )
  // Another answer was quicker, and met it: whoever was asked last had taken away what was to be found.
  if (!isValid && answered.status === 'valid') return answered
  const type = challengeOf(authorization.identifier_type)
  const help = 'ACME challenges that were answered, by type and outcome'
  authority.metrics.count('sallyport_authority_acme_challenges_total', help, {
    type,
    outcome: isValid ? 'valid' : outcome.code,
  })
  if (!isValid) {
    note(outcome)
    authority.failedAttempts.noteRefusal(outcome, message.appId, caller.address)
  }
  return answered
}

/** What is no word on the answer itself leaves the challenge open: the client asks again. */
function isFinal({ code }: Problem): boolean {
  const isOurs = reasonOf(code).retryable || code === 'internal_error'
  return !isOurs && code !== 'acme_message_malformed'
}

async function recordValid(
  store: Kysely<Tables>,
  authorization: AcmeAuthorizationRow,
  { validated, now }: { validated: Validated; now: number },
): Promise<AcmeAuthorizationRow> {
  const { id, order_id, account_id: accountId } = authorization
  const current = await readAuthorization(store, { id, accountId })
  // Another answer was quicker: it counts.
  if (statusOf(current, now) !== 'pending') return current
  const { evidence = null, spkiSha256 } = validated
  const changes = { status: 'valid', validated_at: now, evidence } as const
  await store.updateTable('acme_authorizations').set(changes).where('id', '=', id).execute()
  const { order, authorizations } = await readOrder(store, { id: order_id, accountId, now })
  const isReady =
    order.status === 'pending' && authorizations.every(({ status }) => status === 'valid')
  if (isReady) {
    await store
      .updateTable('acme_orders')
      .set({ status: 'ready', ...(spkiSha256 === undefined ? {} : { spki_sha256: spkiSha256 }) })
      .where('id', '=', order_id)
      .execute()
  }
  return { ...current, ...changes }
}

async function recordInvalid(
  store: Kysely<Tables>,
  authorization: AcmeAuthorizationRow,
  { problem, caller }: { problem: Problem; caller: Caller },
): Promise<AcmeAuthorizationRow> {
  const { id, order_id, account_id: accountId } = authorization
  const current = await readAuthorization(store, { id, accountId })
  if (current.status !== 'pending') return current
  const error = errorText(problem, caller)
  await store
    .updateTable('acme_authorizations')
    .set({ status: 'invalid', error })
    .where('id', '=', id)
    .execute()
  await store
    .updateTable('acme_orders')
    .set({ status: 'invalid', error })
    .where('id', '=', order_id)
    .where('status', '=', 'pending')
    .execute()
  return { ...current, status: 'invalid', error }
}

/** Gives an authorization up (RFC 8555 §7.5.2), and its order with it. */
export async function deactivateAuthorization(
  store: Kysely<Tables>,
  { id, order_id }: AcmeAuthorizationRow,
): Promise<void> {
  await store
    .updateTable('acme_authorizations')
    .set({ status: 'deactivated' })
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'valid'])
    .execute()
  await store
    .updateTable('acme_orders')
    .set({ status: 'invalid' })
    .where('id', '=', order_id)
    .where('status', 'in', openStatuses)
    .execute()
}
