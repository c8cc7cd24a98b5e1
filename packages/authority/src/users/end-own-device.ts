import { Problem } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import { type AuthenticatedDevice, readActive } from '../devices/authenticate-device.ts'
import { changeDeviceStatus } from '../devices/device-status.ts'
import { refuseEnded } from '../sessions/refuse-ended.ts'
import type { Tables } from '../store/tables.ts'
import { ofUser } from './of-user.ts'

/** Who ends a device, and which. */
export type OwnEnd = {
  readonly caller: AuthenticatedDevice
  readonly deviceId: string
  /** Reads the header. */
  readonly accessToken: () => string | undefined
}

const ended = { status: 'revoked', reason: 'ended by its user' } as const
const left = { status: 'superseded', reason: 'its user had it leave' } as const

type SignedIn = { readonly text: string; readonly token: VerifiedToken }

/**
 * Ends a device of the user whose device calls. Itself a device ends by its certificate alone. Another one takes
 * the user's access token as well: a stolen phone ends no other, and neither does a stolen token.
 *
 * Another one is revoked: nothing brings it back but an operator. One that leaves is superseded, by what its user may
 * enrol on that phone some day.
 *
 * @returns the status that it has by now
 * @throws Problem `not_found` also for the device of another user; `token_required`, `token_of_other_user`,
 *   `token_bound_elsewhere`, and what verifying a token refuses with; `status_final` for one that was superseded
 */
export async function endOwnDevice(
  authority: Authority,
  end: OwnEnd,
): Promise<'revoked' | 'superseded'> {
  const { device: calling, certificate } = end.caller
  const isOther = end.deviceId !== calling.id
  const signedIn = isOther ? await signIn(authority, end) : undefined
  const how = isOther ? ended : left
  await authority.lanes.run('renewal', () =>
    authority.store.write(async (tx) => {
      // It may have been suspended since it called, and the user signed out.
      await readActive(tx, certificate.thumbprint)
      if (signedIn !== undefined) {
        await refuseEnded(tx, signedIn.token, signedIn.text, calling.id)
        await refuseForeign(tx, end)
      }
      return changeDeviceStatus(tx, {
        deviceId: end.deviceId,
        ...how,
        actor: `device:${calling.id}`,
        now: authority.now(),
      })
    }),
  )
  return how.status
}

/** The user of the calling device, by a token of theirs. */
async function signIn(authority: Authority, { caller, accessToken }: OwnEnd): Promise<SignedIn> {
  const { device, certificate } = caller
  const { user_provider: provider, user_subject: subject } = device
  // Nobody's device has no other beside it.
  if (provider === null || subject === null) throw notFound()
  const text = accessToken()
  if (text === undefined) {
    throw new Problem('token_required', { expected: `a token of ${provider}`, found: 'none' })
  }
  const token = await authority.tokens.verify(text, { providers: [provider] })
  refuseOtherBinding(token, certificate.thumbprint)
  const user = await authority.userNames.stored({ provider, subject: token.subject })
  if (user.subject !== subject) throw new Problem('token_of_other_user')
  return { text, token }
}

function refuseOtherBinding({ confirmation }: VerifiedToken, thumbprint: string): void {
  const { x5tS256, jkt } = confirmation
  if (jkt === undefined && (x5tS256 === undefined || x5tS256 === thumbprint)) return
  throw new Problem('token_bound_elsewhere', {
    expected: 'a token that is bound to no key, or to the certificate that is presented',
    found: jkt === undefined ? 'one bound to another certificate' : 'one bound by DPoP',
  })
}

async function refuseForeign(store: Kysely<Tables>, { caller, deviceId }: OwnEnd): Promise<void> {
  const { user_provider: provider, user_subject: subject, app_id: appId } = caller.device
  if (provider === null || subject === null) throw notFound()
  const own = await store
    .selectFrom('devices')
    .select('id')
    .where('id', '=', deviceId)
    .where((row) => row.and(ofUser({ provider, subject }, appId)))
    .executeTakeFirst()
  if (own === undefined) throw notFound()
}

function notFound(): Problem {
  return new Problem('not_found', { detail: 'There is no such device of this user' })
}
