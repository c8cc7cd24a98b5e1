import type { KeyObject } from 'node:crypto'
import { Problem, type ReasonCode } from '@sallyport/problem'
import { SignJWT } from 'jose'
import type { AppAttestKey } from '../attestation-result.ts'
import type { TrustAnchor } from '../trust.ts'
import type { AppAttestEnvironment } from './environment.ts'
import { maxReceiptBytes, readReceipt } from './receipt.ts'
import type { ReceiptFields } from './receipt-fields.ts'

/** Where Apple refreshes receipts, by the environment of the key. */
export const receiptUrls: Readonly<Record<AppAttestEnvironment, string>> = {
  production: 'https://data.appattest.apple.com/v1/attestationData',
  development: 'https://data-development.appattest.apple.com/v1/attestationData',
}

/** A key for DeviceCheck from the developer account. */
export type DeviceCheckKey = {
  /** Ten characters. */
  readonly keyId: string
  /** Ten characters. */
  readonly teamId: string
  /** P-256. */
  readonly privateKey: KeyObject
}

export type RefreshReceiptOptions = {
  /** One of `receiptUrls`, or what stands in for it. */
  readonly url: string
  /** With the receipt that is to be replaced. */
  readonly key: AppAttestKey & { readonly receipt: Uint8Array }
  readonly signer: DeviceCheckKey
  /** Roots that Apple signs receipts under. */
  readonly anchors: readonly TrustAnchor[]
  readonly now: () => Date
  readonly fetch: typeof globalThis.fetch
  /** For everything. Default 10 seconds. */
  readonly timeoutMs?: number
}

/** A receipt that was verified: of Apple, of this moment, for this app and key. */
export type RefreshedReceipt = { readonly receipt: Buffer; readonly fields: ReceiptFields }

/** "No more than five minutes old" (Apple). */
const maxAgeMs = 300_000
const maxAnswerBytes = Math.ceil(maxReceiptBytes / 3) * 4 + 2

/** What a status means, other than 200 and 304. */
const refusals: ReadonlyMap<number, ReasonCode> = new Map([
  [400, 'app_attest_refresh_malformed'],
  [401, 'app_attest_refresh_unauthorized'],
  [404, 'app_attest_refresh_unknown'],
  [429, 'app_attest_refresh_limited'],
])

/**
 * Asks Apple for a newer receipt, which tells how many App Attest keys the phone made of late. Undefined:
 * there is none yet, and the old one stays. Sends the receipt in base64, with a JWT (ES256) for proof of
 * the developer account; follows no redirect; reads at most 22 KiB.
 *
 * Problem `app_attest_refresh_malformed`, `app_attest_refresh_unauthorized`, `app_attest_refresh_unknown`,
 * `app_attest_refresh_limited` (with the time to wait, where Apple tells it), `app_attest_refresh_failed`;
 * and where the answer is no receipt of Apple for this key, the code of the check that failed.
 *
 * https://developer.apple.com/documentation/devicecheck/assessing-fraud-risk
 */
export async function refreshReceipt(
  options: RefreshReceiptOptions,
): Promise<RefreshedReceipt | undefined> {
  const { key, signer, now, timeoutMs = 10_000 } = options
  const answer = await ask(options, {
    method: 'POST',
    // The token alone: Apple names no scheme.
    headers: { authorization: await tokenOf(signer, now()) },
    body: Buffer.from(key.receipt).toString('base64'),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (answer === undefined) return undefined
  return verified(answer, options)
}

function tokenOf({ keyId, teamId, privateKey }: DeviceCheckKey, now: Date): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setIssuedAt(now)
    .sign(privateKey)
}

/** The body of a 200; undefined for a 304. */
async function ask(
  { fetch, url, now }: RefreshReceiptOptions,
  request: RequestInit,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, request)
    if (response.status === 200) return await readBody(response)
    await response.body?.cancel()
    if (response.status === 304) return undefined
    throw refusalOf(response, now())
  } catch (error) {
    if (error instanceof Problem) throw error
    // No connection, no answer in time, an answer that broke off.
    const found = error instanceof Error ? error.message : String(error)
    throw new Problem('app_attest_refresh_failed', { expected: 'an answer', found, cause: error })
  }
}

function refusalOf(response: Response, now: Date): Problem {
  const seconds = retryAfterSeconds(response.headers.get('retry-after') ?? '', now)
  return new Problem(refusals.get(response.status) ?? 'app_attest_refresh_failed', {
    expected: 'status 200 or 304',
    found: `status ${response.status}`,
    ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
  })
}

/** Seconds, or a date (RFC 9110 §10.2.3); NaN where it is neither. */
function retryAfterSeconds(value: string, now: Date): number {
  if (/^\d{1,9}$/.test(value)) return Number(value)
  return Math.ceil((Date.parse(value) - now.getTime()) / 1_000)
}

async function readBody(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    // Leaving the loop ends the connection.
    if (length > maxAnswerBytes) throw noReceipt(`more than ${maxAnswerBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('latin1').trim()
}

function verified(answer: string, options: RefreshReceiptOptions): RefreshedReceipt {
  const { key, anchors, now } = options
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(answer)) throw noReceipt('something other than base64')
  const receipt = Buffer.from(answer, 'base64')
  const { accepted, checks, fields } = readReceipt(receipt, {
    anchors,
    appId: key.appId,
    spki: key.spki,
    fresh: { at: now().getTime(), maxAgeMs },
  })
  if (accepted && fields !== undefined) return { receipt, fields }
  const failed = checks.find(({ outcome }) => outcome === 'failed')
  throw new Problem(failed?.code ?? 'app_attest_receipt_malformed', {
    detail: "Apple's answer is no receipt for this key",
    expected: failed?.expected ?? 'a receipt',
    found: failed?.found ?? 'none',
  })
}

const noReceipt = (found: string): Problem =>
  new Problem('app_attest_refresh_failed', { expected: 'a receipt in base64', found })
