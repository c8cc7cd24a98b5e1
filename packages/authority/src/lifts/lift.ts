import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { Problem } from '@sallyport/problem'
import { isId, issuedBase } from '@sallyport/wire'
import { accountBase, comparable, liftKey, type LiftSubject } from '@sallyport/wire/lift'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import { appendChange } from '../feed/append-change.ts'
import type { Tables } from '../store/tables.ts'

/** How long the feed remembers it, for gateways that are away. */
const keptMs = 24 * 3_600_000

/** Who or what is to be let in again, as an operator names it. */
export type AskedLift = {
  address?: string
  account?: string
  user?: string
  device?: string
}

/**
 * Tells every gateway to end blocks and waits before their time: a row of the feed, and one of the audit log.
 * No name stands in either, but a hash of it.
 *
 * @returns the number of the change, and its key
 */
export async function lift(
  store: Kysely<Tables>,
  subject: LiftSubject,
  { actor, reason, now }: { actor: string; reason: string | undefined; now: number },
): Promise<{ seq: number; key: string }> {
  const key = liftKey(subject)
  const until = now + keptMs
  const seq = await appendChange(store, { at: now, kind: 'lift', key, status: 'lifted', until })
  const detail = { reason: reason ?? null, seq, ...made({ lifted: subject.kind, until }) }
  await appendAudit(store, { at: now, actor, action: 'limits.lifted', subject: key, detail })
  return { seq, key }
}

/**
 * What an operator means.
 *
 * @param issuer of the user
 * @throws Problem `message_malformed`
 */
export function liftSubject(asked: AskedLift, issuer: () => string): LiftSubject {
  const { address, account, user, device } = asked
  const isDeviceOfAccount = account !== undefined && device !== undefined
  const given = [address, account, user, device].filter((value) => value !== undefined).length
  if (given !== (isDeviceOfAccount ? 2 : 1)) {
    throw new Problem('message_malformed', {
      detail: 'It must be said whose blocks and waits end',
      expected: 'exactly one of address, account, user and device; or account and device',
      found: given === 0 ? 'none' : `${given} of them`,
    })
  }
  const deviceId = device === undefined ? undefined : checkedDevice(device)
  if (account !== undefined)
    return { kind: 'account', hash: accountHash(account), ...(deviceId && { deviceId }) }
  if (deviceId !== undefined) return { kind: 'device', deviceId }
  if (user !== undefined) return { kind: 'user', hash: sha256(issuedBase(issuer(), user)) }
  return { kind: 'address', network: checkedNetwork(address ?? '') }
}

function accountHash(account: string): string {
  const name = comparable(account)
  if (name !== undefined && name !== '') return sha256(accountBase(name))
  throw new Problem('message_malformed', {
    detail: 'The account is none',
    expected: 'the account as the user types it, without control characters',
    found: name === '' ? 'nothing but space' : 'control characters',
  })
}

function checkedDevice(device: string): string {
  if (isId('device', device)) return device
  throw new Problem('message_malformed', {
    detail: 'The device is none',
    expected: 'dev_… as `sallyport devices list` shows it',
    found: device,
  })
}

function checkedNetwork(text: string): string {
  const [address = '', length, ...more] = text.split('/')
  const family = isIP(address)
  const bits = family === 6 ? 128 : 32
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
  // A zone names an interface of one machine.
  if (family !== 0 && isLength && more.length === 0 && !address.includes('%')) return text
  throw new Problem('message_malformed', {
    detail: 'The address is none',
    expected: '192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/64',
    found: text,
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
