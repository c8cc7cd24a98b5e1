import { type Authority, createAuthority } from './authority.ts'
import {
  type AppFacts,
  type ClientContext,
  type DeviceCertificate,
  deviceCertificate,
} from './client-context.ts'
import { createStateHolder, type Identity } from './client-state.ts'
import { type ClientStatus, statusOf } from './client-status.ts'
import { untilAborted } from './deadline.ts'
import { fetchFromGateway } from './device-fetch.ts'
import { destroyDiscardedKeys, openKey } from './device-keys.ts'
import { type EnrollOptions, enrollDevice } from './enroll.ts'
import { type ClientEvent, createEventLog } from './event-log.ts'
import type { CollectEvidence, CollectSignals } from './evidence.ts'
import { type DeviceToken, type ExchangeOptions, exchangeToken } from './exchange-token.ts'
import type { DeviceRequestInit } from './gateway-request.ts'
import type { KeyStore } from './key-store.ts'
import { renewCertificate } from './renew.ts'
import { defaultRetryPolicy, type RetryPolicy, type Sleep, sleep } from './retry.ts'
import { isSallyportError } from './sallyport-error.ts'
import { createServerClock } from './server-clock.ts'
import type { Transport, TransportIdentity, Trust } from './transport.ts'
import { transportIdentity } from './transport-identity.ts'
import { createUsableIdentity } from './usable-identity.ts'
import { listApprovals, listDevices, type UserDevice, type WaitingDevice } from './user-devices.ts'
import { createWhyRefused } from './why-refused.ts'

export type ClientOptions = {
  /** The https origin of the gateway. Paths given to `fetch` are below it. */
  readonly gateway: string
  /** The https origin of the device listener of the authority. */
  readonly enrollUrl: string
  readonly trust: Trust
  readonly keyStore: KeyStore
  readonly evidence: CollectEvidence
  /**
   * When a renewal brings evidence. `with-new-key`: where the platform attests a key when it is made
   * (Android), one that is kept needs none. `always`: where another key vouches for it (App Attest).
   * Default: `always` on `ios`, otherwise `with-new-key`.
   */
  readonly evidenceAtRenewal?: 'with-new-key' | 'always'
  /** What is told beside evidence, whenever evidence is: a Play Integrity token. Default: nothing. */
  readonly signals?: CollectSignals
  readonly transport: Transport
  readonly app: AppFacts
  /** Whether `fetch` may enrol where there is no certificate, or none that helps. Default false. */
  readonly autoEnroll?: boolean
  /**
   * `new` (default): each renewal makes a new key and brings evidence of it. `same`: the key is kept, and
   * a new one made only when the authority asks for fresh evidence.
   */
  readonly renewalKey?: 'new' | 'same'
  /** Told of each new certificate once it is durable, before the key of the old one is destroyed. */
  readonly onCertificate?: (certificate: DeviceCertificate) => Promise<void>
  readonly retry?: RetryPolicy
  /** For the head of the gateway's answer, and for each whole exchange with the authority. Default 60 s. */
  readonly timeoutMs?: number
  /** The phone's clock, milliseconds since 1970. */
  readonly now?: () => number
  /** From 0 to 1, for jitter alone. */
  readonly random?: () => number
  readonly sleep?: Sleep
}

export type Diagnostics = {
  readonly status: ClientStatus
  readonly app: AppFacts
  readonly gateway: string
  readonly enrollUrl: string
  /** Of this process, oldest first. */
  readonly events: readonly ClientEvent[]
}

export type SallyportClient = {
  /**
   * Enrols, unless there is a certificate that still serves; goes on with an enrolment under way. Throws
   * `enrollment_pending` (retryable) when nobody approved in time: calling it again goes on waiting.
   * Calls made while one is under way share its outcome, and with it its options.
   */
  enroll(options?: EnrollOptions & { again?: boolean }): Promise<ClientStatus>
  /** As fetch, to the gateway alone: see `fetchFromGateway`. Throws `SallyportError`. */
  fetch(input: string | URL, init?: DeviceRequestInit): Promise<Response>
  /** Renews now; with `onlyIfDue`, as a scheduled job would, only when it is time. */
  renew(options?: { onlyIfDue?: boolean }): Promise<ClientStatus>
  status(): Promise<ClientStatus>
  /** The devices of the user whose token this one enrolled with, itself among them. Newest first. */
  devices(): Promise<readonly UserDevice[]>
  /**
   * Ends another device of the user, so that nothing lets it in any more: one that is lost, or that they do not know.
   * It takes the access token of the signed-in user. This one ends with `leave`.
   */
  endDevice(deviceId: string, userToken: string): Promise<void>
  /** Has this device ended by the authority, also where it was before, then destroys all keys and forgets the certificate. */
  leave(): Promise<void>
  /** New devices of this user that wait for the word of one that is there: show them, and decide. */
  approvals(): Promise<readonly WaitingDevice[]>
  decideApproval(approvalId: string, decision: 'approve' | 'deny'): Promise<void>
  /**
   * Exchanges the access token of the signed-in user for one that is bound to this device: it is the one to
   * call the service with. Exchange again before it expires, and after `renew`.
   */
  exchangeToken(userToken: string, options?: ExchangeOptions): Promise<DeviceToken>
  /** The certificate in use, or undefined where there is none. */
  certificate(): Promise<DeviceCertificate | undefined>
  /** Destroys all keys and forgets the certificate. The authority is not told. */
  reset(): Promise<void>
  /** For a support person: no secrets in it. */
  diagnostics(): Promise<Diagnostics>
}

/**
 * What a phone does: enrols once, calls the service through the gateway with its certificate, renews in
 * time, and says what to do where it cannot go on. One client for one key store.
 *
 * Of its surroundings it needs URL, Request, Response, Headers, TextEncoder, TextDecoder, AbortController
 * and setTimeout. Throws TypeError where a URL is no https origin.
 */
export function createClient(options: ClientOptions): SallyportClient {
  const gateway = httpsOrigin('gateway', options.gateway)
  const context = createContext(options)
  const oneAtATime = createQueue()
  const renewFlight = singleFlight(() => oneAtATime(() => renewCertificate(context)))
  const enrollFlight = singleFlight((wishes: EnrollOptions & { again?: boolean }) =>
    oneAtATime(() => enrollUnlessUsable(context, wishes)),
  )
  // A request does not wait for a person who approves: it is told that the enrolment is pending.
  const enrollNow = () => enrollFlight({ approvalTimeoutMs: 0 })
  const flights = { renew: () => renewFlight(), enroll: enrollNow }
  const fetchContext = {
    ...context,
    gateway,
    transport: options.transport,
    trust: options.trust,
    retry: options.retry ?? defaultRetryPolicy,
    timeoutMs: options.timeoutMs ?? 60_000,
    usableIdentity: createUsableIdentity(context, flights, options.autoEnroll ?? false),
    whyRefused: createWhyRefused(context),
    renew: flights.renew,
  }
  const status = async () => statusOf(await context.state.read(), context.clock)
  const presented = async (): Promise<TransportIdentity> => {
    // It is never enrolled for: a device that there is not has no say.
    const identity = await fetchContext.usableIdentity(undefined, { hasEnrolled: true })
    return transportIdentity(identity, await openKey(context.keyStore, identity.keyId))
  }

  const reset = () => oneAtATime(() => forgetEverything(context))

  return {
    enroll: async (wishes = {}) => {
      await untilAborted(enrollFlight(wishes), wishes.signal)
      return await status()
    },
    fetch: (input, init = {}) => fetchFromGateway(fetchContext, input, init),
    renew: async ({ onlyIfDue = false } = {}) => {
      const { state } = await status()
      if (!onlyIfDue || state === 'renewal-due' || state === 'expired') await flights.renew()
      return await status()
    },
    status,
    devices: async () => listDevices(context.authority, await presented()),
    endDevice: async (deviceId, accessToken) => {
      await context.authority.endDevice(deviceId, { accessToken }, await presented())
    },
    leave: async () => {
      const { deviceId } = await status()
      const identity = await presented()
      if (deviceId !== undefined) {
        await context.authority.endDevice(deviceId, {}, identity).catch(passOverEnded)
      }
      await reset()
    },
    approvals: async () => listApprovals(context.authority, await presented()),
    decideApproval: async (approvalId, decision) => {
      await context.authority.decide(approvalId, { decision }, await presented())
    },
    exchangeToken: async (userToken, options = {}) =>
      exchangeToken(context, await presented(), userToken, options),
    certificate: async () => {
      const { identity } = await context.state.read()
      return identity === undefined ? undefined : deviceCertificate(identity)
    },
    reset,
    diagnostics: async () => ({
      status: await status(),
      app: options.app,
      gateway: options.gateway,
      enrollUrl: options.enrollUrl,
      events: context.events.list(),
    }),
  }
}

function createContext(options: ClientOptions): ClientContext {
  const phoneNow = options.now ?? Date.now
  const random = options.random ?? Math.random
  const events = createEventLog(phoneNow)
  const clock = createServerClock(phoneNow)
  const state = createStateHolder(options.keyStore, clock, (detail) => events.add(detail))
  const authority: Authority = createAuthority({
    url: httpsOrigin('enrollUrl', options.enrollUrl).origin,
    mtlsUrl: async () => (await state.read()).identity?.mtlsUrl,
    trust: options.trust,
    transport: options.transport,
    clock,
    retry: options.retry ?? defaultRetryPolicy,
    timeoutMs: options.timeoutMs ?? 60_000,
    random,
    sleep: options.sleep ?? sleep,
  })
  return {
    app: options.app,
    authority,
    keyStore: options.keyStore,
    state,
    collectEvidence: options.evidence,
    collectSignals: options.signals ?? (() => Promise.resolve([])),
    evidenceAtRenewal:
      options.evidenceAtRenewal ?? (options.app.platform === 'ios' ? 'always' : 'with-new-key'),
    clock,
    events,
    renewalKey: options.renewalKey ?? 'new',
    onCertificate: options.onCertificate ?? (() => Promise.resolve()),
    random,
    sleep: options.sleep ?? sleep,
  }
}

async function enrollUnlessUsable(
  context: ClientContext,
  { again = false, ...wishes }: EnrollOptions & { again?: boolean },
): Promise<Identity> {
  const usable = again ? undefined : await usableOrRenewed(context)
  if (usable !== undefined) return usable
  await enrollDevice(context, wishes)
  // The answer to an enrolment begun long ago may be a certificate that has expired since.
  return (await usableOrRenewed(context)) ?? (await enrollDevice(context, wishes))
}

/** An expired certificate is first tried to be renewed: whether its grace is over, the server knows. */
async function usableOrRenewed(context: ClientContext): Promise<Identity | undefined> {
  const { identity } = await context.state.read()
  if (identity === undefined || identity.endedBy !== undefined) return undefined
  if (context.clock.now() < identity.notAfter) return identity
  try {
    return await renewCertificate(context)
  } catch (error) {
    // What this certificate can no longer prove, another enrolment may.
    const isOver =
      isSallyportError(error) && (error.action === 're-enroll' || error.code === 'evidence_refused')
    if (!isOver) throw error
    return undefined
  }
}

/** What is to be ended has ended: another device of the user did it, or the answer was lost. */
function passOverEnded(error: unknown): void {
  const isEnded =
    isSallyportError(error) &&
    (error.code === 'device_revoked' || error.code === 'device_superseded')
  if (!isEnded) throw error
}

async function forgetEverything(context: ClientContext): Promise<void> {
  const { identity, pending, discardedKeyIds } = await context.state.read()
  const keyIds = [identity?.keyId, pending?.keyId].filter((id) => id !== undefined)
  await context.state.update({
    identity: undefined,
    pending: undefined,
    discardedKeyIds: [...new Set([...discardedKeyIds, ...keyIds])],
  })
  await destroyDiscardedKeys(context.keyStore, context.state)
  context.events.add('reset')
}

function httpsOrigin(name: string, text: string): URL {
  const wrong = `${name} must be an https origin such as https://api.example.com: ${text}`
  if (!/^https:\/\/[^/?#@]+\/?$/.test(text)) throw new TypeError(wrong)
  return new URL(text)
}

/** Runs what changes the identity one after the other. */
function createQueue() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}

/** Calls made while one is under way share its outcome. */
function singleFlight<Arguments extends unknown[], T>(start: (...given: Arguments) => Promise<T>) {
  let flight: Promise<T> | undefined
  return (...given: Arguments): Promise<T> => {
    flight ??= start(...given).finally(() => {
      flight = undefined
    })
    return flight
  }
}
