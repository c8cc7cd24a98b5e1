import { Problem } from '@sallyport/problem'
import { isId, newId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../../audit/audit-log.ts'
import { changed, made } from '../../audit/change.ts'
import { personal } from '../../audit/personal.ts'
import type { Caller } from '../../authority.ts'
import type { AcmeAccountRow, AcmeCredentialRow, Tables } from '../../store/tables.ts'
import { refuseMoreInAnHour } from '../refuse-more-in-an-hour.ts'
import { type AccountKey, storedKey } from './account-key.ts'
import type { AcmeConfig } from './acme-config.ts'
import { usableCredential } from './credentials.ts'
import { openStatuses } from './order-status.ts'

const dayMs = 24 * 3_600_000
/** An account that orders nothing is forgotten after that. */
const keepUnusedMs = 30 * dayMs
/** One that orders is kept for longer than any certificate lasts. */
export const keepUsedMs = 400 * dayMs

/** An account whose key its caller holds. */
export type Account = AcmeAccountRow & { readonly key: AccountKey }

/**
 * The account of an id that may act. What let it in counts on: a credential that was revoked ends its
 * accounts, one that expired does not.
 *
 * @throws Problem `acme_account_unknown`
 */
export async function readAccount(
  store: Kysely<Tables>,
  { appId, id }: { appId: string; id: string },
): Promise<Account> {
  const row = isId('acmeAccount', id)
    ? await store
        .selectFrom('acme_accounts')
        .selectAll()
        .where('id', '=', id)
        .where('app_id', '=', appId)
        .executeTakeFirst()
    : undefined
  if (row === undefined) {
    throw new Problem('acme_account_unknown', { expected: `an account of ${appId}`, found: 'none' })
  }
  return { ...row, key: storedKey(row.jwk) }
}

export function findAccountByKey(
  store: Kysely<Tables>,
  appId: string,
  { thumbprint }: AccountKey,
): Promise<AcmeAccountRow | undefined> {
  return store
    .selectFrom('acme_accounts')
    .selectAll()
    .where('app_id', '=', appId)
    .where('key_thumbprint', '=', thumbprint)
    .executeTakeFirst()
}

/** @throws Problem `acme_account_ended` */
export async function refuseEnded(
  store: Kysely<Tables>,
  { id, status, credential_id }: AcmeAccountRow,
): Promise<void> {
  const ended = (found: string) =>
    new Problem('acme_account_ended', { expected: 'an account that is valid', found })
  if (status !== 'valid') throw ended(`account ${id}, ${status}`)
  if (credential_id === null) return
  const credential = await store
    .selectFrom('acme_credentials')
    .select('revoked_at')
    .where('id', '=', credential_id)
    .executeTakeFirst()
  if (credential?.revoked_at === null) return
  throw ended(`account ${id}, whose credential ${credential_id} was revoked`)
}

/**
 * Refuses, in the write of what an account asks for, one that was ended or given another key since its message was
 * verified: nothing is begun for whom another message has ended.
 *
 * @throws Problem `acme_account_ended`, `acme_signature_invalid`
 */
export async function refuseOvertaken(
  store: Kysely<Tables>,
  { id, key_thumbprint }: AcmeAccountRow,
): Promise<void> {
  const current = await store
    .selectFrom('acme_accounts')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await refuseEnded(store, current)
  if (current.key_thumbprint === key_thumbprint) return
  throw new Problem('acme_signature_invalid', {
    expected: 'the key that the account has',
    found: 'one that it had until a moment ago',
  })
}

/**
 * Refuses an account that was made without a credential where one is needed since: whoever made it, nobody let it in.
 *
 * @throws Problem `acme_credential_required`
 */
export function refuseUnbound(
  { id, credential_id }: AcmeAccountRow,
  { externalAccount }: Pick<AcmeConfig, 'externalAccount'>,
): void {
  if (externalAccount === 'none' || credential_id !== null) return
  throw new Problem('acme_credential_required', {
    detail: 'This account is of a time when none was needed: make another one, with a new key',
    expected: 'an account that was made with a credential',
    found: `account ${id}, made without`,
  })
}

/** Each account may order as often as its credential lets devices in: there are no more of them than of those. */
async function refuseTooMany(
  store: Kysely<Tables>,
  { id }: AcmeCredentialRow,
  { maxPerHour, now }: { maxPerHour: number; now: number },
): Promise<void> {
  const of = { credential_id: id }
  const owner = `credential ${id}`
  await refuseMoreInAnHour(
    store,
    { table: 'acme_accounts', time: 'created_at', of, named: 'accounts', owner },
    { maxPerHour, now },
  )
}

/** Makes an account, or finds the one that the key has, if another message was quicker. */
export async function createAccount(
  store: Kysely<Tables>,
  order: {
    appId: string
    key: AccountKey
    credential: AcmeCredentialRow | undefined
    /** Accounts of one credential. */
    maxPerHour: number
    caller: Caller
    now: number
  },
): Promise<{ account: AcmeAccountRow; isNew: boolean }> {
  const { appId, key, credential, maxPerHour, caller, now } = order
  const known = await findAccountByKey(store, appId, key)
  if (known !== undefined) {
    await refuseEnded(store, known)
    return { account: known, isNew: false }
  }
  // Again: it may have been revoked since it was looked at.
  if (credential !== undefined) {
    await usableCredential(store, credential.id, { appId, now })
    await refuseTooMany(store, credential, { maxPerHour, now })
  }
  const account: AcmeAccountRow = {
    id: newId('acmeAccount'),
    app_id: appId,
    key_thumbprint: key.thumbprint,
    jwk: key.jwk,
    status: 'valid',
    credential_id: credential?.id ?? null,
    created_at: now,
    keep_until: now + keepUnusedMs,
  }
  await store.insertInto('acme_accounts').values(account).execute()
  await appendAudit(store, {
    at: now,
    actor: caller.address,
    action: 'acme-account.created',
    subject: account.id,
    detail: {
      appId,
      requestId: caller.requestId,
      ...made({
        status: account.status,
        key: key.thumbprint,
        credential: account.credential_id,
      }),
    },
  })
  return { account, isNew: true }
}

/** The rows of an account that ends, whoever ends it: it orders nothing any more. */
export async function closeAccount(store: Kysely<Tables>, id: string, now: number): Promise<void> {
  await store
    .updateTable('acme_accounts')
    .set({ status: 'deactivated', keep_until: now + keepUsedMs })
    .where('id', '=', id)
    .execute()
  await store
    .updateTable('acme_orders')
    .set({ status: 'invalid' })
    .where('account_id', '=', id)
    .where('status', 'in', openStatuses)
    .execute()
}

/**
 * Ends an account, by its own word (RFC 8555 §7.3.6). What it was given goes on.
 *
 * @throws Problem of `refuseOvertaken`
 */
export async function deactivateAccount(
  store: Kysely<Tables>,
  account: AcmeAccountRow,
  { caller, now }: { caller: Caller; now: number },
): Promise<void> {
  const { id, app_id: appId, status } = account
  await refuseOvertaken(store, account)
  await closeAccount(store, id, now)
  await appendAudit(store, {
    at: now,
    actor: `acme:${id}`,
    action: 'acme-account.deactivated',
    subject: id,
    detail: {
      appId,
      address: personal('address', caller.address),
      requestId: caller.requestId,
      ...changed({ status }, { status: 'deactivated' }),
    },
  })
}

/**
 * Gives an account another key (RFC 8555 §7.3.5). Key authorizations of before prove nothing any more.
 *
 * @returns the account that has the key already, where one has
 * @throws Problem of `refuseOvertaken`
 */
export async function changeAccountKey(
  store: Kysely<Tables>,
  account: AcmeAccountRow,
  { key, caller, now }: { key: AccountKey; caller: Caller; now: number },
): Promise<AcmeAccountRow | undefined> {
  const holder = await findAccountByKey(store, account.app_id, key)
  if (holder !== undefined) return holder
  await refuseOvertaken(store, account)
  await store
    .updateTable('acme_accounts')
    .set({ jwk: key.jwk, key_thumbprint: key.thumbprint })
    .where('id', '=', account.id)
    .execute()
  await appendAudit(store, {
    at: now,
    actor: `acme:${account.id}`,
    action: 'acme-account.key-changed',
    subject: account.id,
    detail: {
      appId: account.app_id,
      address: personal('address', caller.address),
      requestId: caller.requestId,
      ...changed({ key: account.key_thumbprint }, { key: key.thumbprint }),
    },
  })
  return undefined
}
