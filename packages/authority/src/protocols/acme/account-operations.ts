import { Problem } from '@sallyport/problem'
import type { Authority } from '../../authority.ts'
import type { AcmeAccountRow } from '../../store/tables.ts'
import { isSignatureAlgorithm, readAccountKey } from './account-key.ts'
import {
  changeAccountKey,
  createAccount,
  deactivateAccount,
  findAccountByKey,
  refuseEnded,
  refuseUnbound,
} from './accounts.ts'
import { type AccountMessage, type AcmeMessage, payloadOf } from './acme-message.ts'
import { readExternalAccount } from './external-account.ts'
import { isSameKey } from './same-key.ts'
import { malformed, readJson, readJws, verifyJws } from './jws.ts'

/**
 * The account of a key, made where there is none (RFC 8555 §7.3). Contacts and terms are passed over:
 * nobody here writes to them.
 *
 * @throws Problem `acme_account_unknown`, `acme_account_ended`, `acme_credential_required`,
 *   `acme_credential_refused`
 */
export async function newAccount(
  authority: Authority,
  message: AcmeMessage,
): Promise<{ account: AcmeAccountRow; isNew: boolean }> {
  const { appId, acme, key, url, caller } = message
  const { store } = authority
  const payload = payloadOf(message)
  const known = await findAccountByKey(store.read, appId, key)
  if (known !== undefined) {
    refuseUnbound(known, acme)
    await refuseEnded(store.read, known)
    return { account: known, isNew: false }
  }
  if (payload['onlyReturnExisting'] === true) {
    throw new Problem('acme_account_unknown', { expected: 'a key with an account', found: 'none' })
  }
  const binding = payload['externalAccountBinding']
  if (binding === undefined && acme.externalAccount === 'required') {
    throw new Problem('acme_credential_required', {
      expected: 'externalAccountBinding',
      found: 'none',
    })
  }
  const credential =
    binding === undefined
      ? undefined
      : await readExternalAccount(authority, binding, { appId, accountKey: key, url })
  return store.write((tx) => {
    const { maxPerHour } = acme
    const order = { appId, key, credential, maxPerHour, caller, now: authority.now() }
    return createAccount(tx, order)
  })
}

/**
 * Changes what can be changed of an account: its status, to `deactivated` (RFC 8555 §7.3.2).
 *
 * @throws Problem `acme_message_malformed`
 */
export async function updateAccount(
  { store, now }: Authority,
  { account, payload, caller }: AccountMessage,
): Promise<AcmeAccountRow> {
  const status = payload?.['status']
  if (status === undefined) return account
  if (status !== 'deactivated') throw malformed('status: deactivated', 'another')
  await store.write((tx) => deactivateAccount(tx, account, { caller, now: now() }))
  return { ...account, status }
}

const innerHeaders = new Set(['alg', 'jwk', 'url'])

/**
 * Gives an account another key (RFC 8555 §7.3.5): the message within is signed by the new one.
 *
 * @returns the account that has the key already, where one has
 * @throws Problem of ACME
 */
export async function keyChange(
  { store, now }: Authority,
  message: AccountMessage,
): Promise<AcmeAccountRow | undefined> {
  const { account, caller, url, urls } = message
  const inner = readJws(payloadOf(message), innerHeaders)
  const { alg, jwk, url: innerUrl } = inner.header
  if (!isSignatureAlgorithm(alg)) {
    throw new Problem('acme_algorithm_refused', { expected: 'a known algorithm', found: 'another' })
  }
  if (innerUrl !== url) throw malformed('the same url within', 'another')
  const key = readAccountKey(jwk, alg)
  verifyJws(inner, key, alg)
  const change = readJson(inner.payload, 'a change of key')
  if (change['account'] !== urls.account(account.id)) throw malformed('account: yours', 'another')
  if (!isSameKey(change['oldKey'], account.key))
    throw malformed('oldKey: the one until now', 'another')
  return store.write((tx) => changeAccountKey(tx, account, { key, caller, now: now() }))
}
