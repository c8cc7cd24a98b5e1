import type { Claim, Counters, DelayLimit, Standing } from '../counters/counters.ts'
import type { CounterKey } from '../counters/counter-key.ts'
import { unseenContent } from '../exchange/held-content.ts'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { accountKey } from './account-key.ts'
import { addressKey, networkKey } from './address-key.ts'
import { durationMs } from './duration.ts'
import { compileSource } from './key-source.ts'
import type { LimitRow } from './limit-counts.ts'
import { bruteForceDefaults, type BruteForceSettings, isOfContent } from './limit-settings.ts'
import { guardPart, ruleId, type RuleScope } from './limit-rule.ts'

/** Whom a try is counted against, and what is remembered when it succeeds. */
export type Try = { readonly claims: readonly Claim[]; readonly known: CounterKey | undefined }

/**
 * Guards a route that takes a secret. A failure makes the next try wait, for the account and for the address
 * that it came from. A device that signed in to the account before has tries of its own: whoever
 * guesses from elsewhere makes all others wait, and never that one.
 */
export type BruteForceRule = {
  readonly name: string
  readonly failures: readonly number[]
  /** Whether the service answers the right secret so. */
  readonly isSuccess: (status: number) => boolean
  readonly rememberMs: number
  readonly blockAddressMs: number | undefined
  readonly counts: LimitRow
  /**
   * Whether a claim shows that whoever tries failed before: of the account alone it may have been others, who would
   * have its owner's address blocked.
   */
  readonly hasFailed: (claim: Claim, standing: Standing) => boolean
  /** Whose tries a claim is of, in words. */
  readonly whomOf: (claim: Claim) => string
  readonly begin: (request: GatewayRequest) => Try | Promise<Try>
}

export function compileBruteForce(
  settings: BruteForceSettings,
  scope: RuleScope,
  counters: Counters,
  counts: LimitRow,
): BruteForceRule {
  const given = { ...bruteForceDefaults, ...settings }
  const id = ruleId(settings, scope)
  const account = compileSource(settings.account)
  const isInContent = isOfContent(settings.account)
  const ofAccount: DelayLimit = {
    kind: 'delay',
    freeTries: given.freeTries,
    firstMs: durationMs(given.firstDelay),
    factor: 2,
    longestMs: durationMs(given.longestDelay),
    forgetAfterMs: durationMs(given.forgetAfter),
  }
  const ofAddress: DelayLimit = { ...ofAccount, freeTries: given.freeTriesOfAddress }
  const claim = (limit: DelayLimit, key: CounterKey, isProven: boolean): Claim => ({
    limit,
    key,
    isProven,
    cost: 1,
  })
  return {
    name: settings.name,
    failures: given.failures,
    isSuccess: (status) =>
      settings.successes?.includes(status) ??
      (status >= 200 && status < 400 && !given.failures.includes(status)),
    rememberMs: durationMs(given.rememberDeviceFor),
    blockAddressMs:
      settings.blockAddressFor === undefined ? undefined : durationMs(settings.blockAddressFor),
    counts,
    hasFailed: ({ limit, isProven }, { isAdmitted, remaining }) =>
      limit === ofAddress ? !isAdmitted || remaining < ofAddress.freeTries - 1 : isProven,
    whomOf: ({ limit, isProven }) => {
      if (limit === ofAddress) return 'address'
      return isProven ? 'account on a device that knew it' : 'account'
    },
    begin: (request) => {
      const { device, caller } = request
      const name = accountKey(account.value(request) ?? '')
      // A proxy that asks for decisions shows no content: all would share one account, which anyone could
      // have wait. Of such tries the address alone is counted.
      const isUnseen = isInContent && request.exchange.heldContent === unseenContent
      const asStranger = (known: CounterKey | undefined): Try => {
        const { address } = caller
        const ofAll = counters.keyOf([guardPart.account(id), name])
        const here = [guardPart.address(id), addressKey(address)]
        const around = [guardPart.address(id), networkKey(address)]
        return {
          claims: [
            claim(ofAddress, counters.keyOf(here, around), false),
            ...(isUnseen ? [] : [claim(ofAccount, ofAll, false)]),
          ],
          known,
        }
      }
      if (device === undefined || isUnseen) return asStranger(undefined)
      const known = counters.keyOf([guardPart.known(id), device.deviceId, name])
      const asKnown = (): Try => ({
        claims: [
          claim(ofAccount, counters.keyOf([guardPart.own(id), device.deviceId, name]), true),
        ],
        known,
      })
      const isKnown = counters.remembers(known)
      if (typeof isKnown === 'boolean') return isKnown ? asKnown() : asStranger(known)
      return isKnown.then((is) => (is ? asKnown() : asStranger(known)))
    },
  }
}
