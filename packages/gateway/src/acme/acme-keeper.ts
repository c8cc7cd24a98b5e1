import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyPairFault } from '@sallyport/pki'
import type { KeyPairPem } from '../certificates/credentials.ts'
import type { Log } from '../log/log.ts'
import { AcmeAccount, type ChallengeAnswers } from './acme-account.ts'
import type { AcmePlan } from './acme-plan.ts'
import { AcmeStore, type KeptCertificate } from './acme-store.ts'
import type { RenewalInfo } from './renewal-info.ts'
import { renewalTime, retryDelay } from './renewal-time.ts'

export type AcmeKeeperOptions = {
  readonly stateDirectory: string
  readonly log: Log
  /** Where challenges are answered. */
  readonly answers: ChallengeAnswers
  /** Another certificate is to be shown; resolves when every worker has it. */
  readonly onIssued: () => Promise<void>
  readonly now?: () => number
}

type Wanted = {
  plan: AcmePlan
  readonly host: string
  kept: KeptCertificate
  /** What the CA said of this certificate. */
  suggested?: RenewalInfo | undefined
  /** When the CA is asked about it, milliseconds. */
  lookAt?: number
}

const lookMs = 10_000
const closeMs = 2_000
/**
 * After a start or a reload a host that failed is tried again sooner, for it may be mended now; but never
 * sooner than this, doubled with each failure: five times in the first hour, however often it is asked.
 */
const soonestRetryMs = 120_000
/** A certificate that was issued is not replaced for so long, whatever the CA suggests. */
const restMs = 3_600_000
const askAgainMs = 6 * 3_600_000
const obtainTimeoutMs = 300_000

/**
 * Obtains and renews the certificates of hosts: one order at a time, the last good certificate until there is
 * a better one, and what went wrong kept on disk, so that a gateway that starts again and again does not ask
 * again and again.
 */
export class AcmeKeeper {
  readonly #options: AcmeKeeperOptions
  readonly #now: () => number
  #wanted: Wanted[] = []
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  readonly attempts = { issued: 0, failed: 0 }

  constructor(options: AcmeKeeperOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** Takes up what these accounts have on disk, in place of those before. */
  async prepare(plans: readonly AcmePlan[]): Promise<void> {
    const now = this.#now()
    this.#wanted = await Promise.all(
      plans.flatMap((plan) =>
        plan.hosts.map(async (host): Promise<Wanted> => {
          const known = this.#wanted.find((one) => one.host === host && one.plan.name === plan.name)
          if (known !== undefined) {
            // An order may be under way: what comes of it is not to be lost.
            known.plan = plan
            known.kept = triedAgain(known.kept, now)
            return known
          }
          const kept = await this.#store(plan).readCertificate(host)
          return { plan, host, kept: triedAgain(usable(kept, plan, host), now) }
        }),
      ),
    )
  }

  /** Begins to look after them. */
  start(): void {
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.look(), lookMs)
    this.#timer.unref()
    this.look()
  }

  /** By host. */
  get issued(): Record<string, KeyPairPem> {
    return Object.fromEntries(
      this.#wanted.flatMap(({ host, kept: { certificate, key } }) =>
        certificate === undefined || key === undefined ? [] : [[host, { certificate, key }]],
      ),
    )
  }

  /** Goes through all that is due, unless it is at that already. */
  look(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** An order that has begun is not waited for longer than a moment: the CA forgets it by itself. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#wanted = []
    await Promise.race([this.#working, sleep(closeMs, undefined, { ref: false })])
  }

  async #work(): Promise<void> {
    for (const wanted of this.#wanted) {
      if (!this.#wanted.includes(wanted)) continue
      await this.#askWhen(wanted)
      if (this.#isDue(wanted)) await this.#obtain(wanted)
    }
  }

  // What the CA suggests is a courtesy: where it cannot be asked, the usual time holds.
  async #askWhen(wanted: Wanted): Promise<void> {
    const { plan, host, kept } = wanted
    const now = this.#now()
    if (kept.certificate === undefined || now < (wanted.lookAt ?? 0)) return
    wanted.lookAt = now + askAgainMs
    try {
      const account = new AcmeAccount(plan, this.#store(plan))
      const suggested = await account.renewalInfo(kept.certificate, now)
      wanted.suggested = suggested
      wanted.lookAt = suggested?.nextLookAt ?? wanted.lookAt
    } catch (error) {
      const facts = { host, acme: plan.name, error: String(error) }
      this.#options.log.warn(facts, 'the CA cannot be asked when to renew')
    }
  }

  #isDue({ kept, plan, suggested }: Wanted): boolean {
    const now = this.#now()
    const isFromElsewhere = kept.directoryUrl !== plan.directoryUrl
    if (isFromElsewhere && kept.failures === 0) return true
    if (kept.notBeforeAttemptAt !== undefined && now < kept.notBeforeAttemptAt) return false
    if (kept.certificate === undefined || isFromElsewhere) return true
    return now >= renewalTime(kept.certificate, suggested)
  }

  async #obtain(wanted: Wanted): Promise<void> {
    const { plan, host } = wanted
    const { log, answers, onIssued } = this.#options
    const store = this.#store(plan)
    const account = new AcmeAccount(plan, store)
    const facts = { host, acme: plan.name, directoryUrl: plan.directoryUrl }
    const attempt = { version: 1, directoryUrl: plan.directoryUrl } as const
    log.info(facts, 'a certificate is asked for')
    try {
      const pair = await withinTime(account.obtain(host, answers))
      const fault = pairFault(pair, host, this.#now())
      if (fault !== undefined) throw new Error(`the CA gave a certificate of no use: ${fault}`)
      const now = this.#now()
      const notBeforeAttemptAt = now + restMs
      wanted.kept = { ...attempt, ...pair, failures: 0, lastAttemptAt: now, notBeforeAttemptAt }
      // What was said of the one before is not about this one.
      wanted.suggested = undefined
      wanted.lookAt = now + askAgainMs
      await store.writeCertificate(host, wanted.kept)
      this.attempts.issued++
      await onIssued()
      const until = new X509Certificate(pair.certificate).validToDate.toISOString()
      log.info({ ...facts, until }, 'a certificate was issued')
    } catch (error) {
      this.attempts.failed++
      const said = (error instanceof Error ? error.message : String(error)).slice(0, 1_000)
      const failures = wanted.kept.failures + 1
      const now = this.#now()
      const notBeforeAttemptAt = now + retryDelay(failures)
      // What it was issued by goes with the certificate that is still shown.
      const { directoryUrl } = wanted.kept.certificate === undefined ? plan : wanted.kept
      const outcome = { failures, lastAttemptAt: now, notBeforeAttemptAt, lastError: said }
      wanted.kept = { ...wanted.kept, directoryUrl, ...outcome }
      log.error(
        {
          ...facts,
          error: said,
          failures,
          nextAttempt: new Date(notBeforeAttemptAt).toISOString(),
        },
        wanted.kept.certificate === undefined
          ? 'no certificate was issued, and the host has none'
          : 'no certificate was issued, and the one before goes on',
      )
      try {
        await store.writeCertificate(host, wanted.kept)
        // Whether the CA still knows the account, the next attempt asks.
        await account.forget()
      } catch (cause) {
        log.error({ ...facts, error: String(cause) }, 'the failure could not be kept')
      }
    }
  }

  #store(plan: AcmePlan): AcmeStore {
    return new AcmeStore(this.#options.stateDirectory, plan.name)
  }
}

/** What is on disk is believed only as far as it can be used. */
function usable(kept: KeptCertificate | undefined, plan: AcmePlan, host: string): KeptCertificate {
  const none: KeptCertificate = { version: 1, directoryUrl: plan.directoryUrl, failures: 0 }
  if (kept === undefined) return none
  const { certificate, key, ...attempts } = kept
  if (certificate === undefined || key === undefined) return { ...none, ...attempts }
  return pairFault({ certificate, key }, host, undefined) === undefined ? kept : none
}

function triedAgain(kept: KeptCertificate, now: number): KeptCertificate {
  const { notBeforeAttemptAt, lastAttemptAt, failures } = kept
  if (notBeforeAttemptAt === undefined || lastAttemptAt === undefined) return kept
  if (failures === 0) return kept
  const soonest = Math.max(now, lastAttemptAt + soonestRetryMs * 2 ** (failures - 1))
  return { ...kept, notBeforeAttemptAt: Math.min(notBeforeAttemptAt, soonest) }
}

/** @param now undefined where an expired one is better than none */
function pairFault(pair: KeyPairPem, host: string, now: number | undefined): string | undefined {
  const fault = keyPairFault(pair.certificate, pair.key)
  if (fault !== undefined) return fault
  const certificate = new X509Certificate(pair.certificate)
  if (certificate.checkHost(host) === undefined) return `it is not for ${host}`
  if (now === undefined || certificate.validToDate.getTime() > now) return undefined
  return `it has expired: ${certificate.validTo}`
}

async function withinTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const minutes = obtainTimeoutMs / 60_000
    timer = setTimeout(() => reject(new Error(`no end within ${minutes} minutes`)), obtainTimeoutMs)
    timer.unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
