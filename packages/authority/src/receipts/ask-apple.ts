import {
  type RefreshedReceipt,
  refreshReceipt,
  type RefreshReceiptOptions,
} from '@sallyport/attestation'
import { isProblem, type Problem, type ReasonCode } from '@sallyport/problem'

/** What Apple made of one receipt. */
export type Answer =
  | { readonly outcome: 'refreshed'; readonly refreshed: RefreshedReceipt }
  /** There is no newer one yet. */
  | { readonly outcome: 'unchanged' }
  /** Apple has nothing more on this one. */
  | { readonly outcome: 'gone'; readonly problem: Problem }
  /** Nothing is wrong with the receipt: the next one would hardly fare better. */
  | { readonly outcome: Outage; readonly problem: Problem }

/** `unverified`: it answered, but not with a receipt of Apple for this key and moment. */
export type Outage = 'limited' | 'unauthorized' | 'failed' | 'unverified'

const outcomes: ReadonlyMap<ReasonCode, 'gone' | Outage> = new Map([
  ['app_attest_refresh_malformed', 'gone'],
  ['app_attest_refresh_unknown', 'gone'],
  ['app_attest_refresh_limited', 'limited'],
  ['app_attest_refresh_unauthorized', 'unauthorized'],
  ['app_attest_refresh_failed', 'failed'],
])

/** Asks for a newer receipt, and verifies the answer. @throws what is none of our problems */
export async function askApple(options: RefreshReceiptOptions): Promise<Answer> {
  try {
    const refreshed = await refreshReceipt(options)
    return refreshed === undefined ? { outcome: 'unchanged' } : { outcome: 'refreshed', refreshed }
  } catch (problem) {
    if (!isProblem(problem)) throw problem
    return { outcome: outcomes.get(problem.code) ?? 'unverified', problem }
  }
}
