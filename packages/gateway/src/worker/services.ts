import { DpopNonces, type ProofChecker, ProofHeaders } from '@sallyport/token/binding'
import { compileGrants, type GrantsOf } from '../access/grants.ts'
import type { Addresses } from '../addresses/addresses.ts'
import type { Plan } from '../configuration/plan.ts'
import { countersFor } from '../counters/counters-for.ts'
import type { Counters } from '../counters/counters.ts'
import { LimitCounts } from '../limits/limit-counts.ts'
import type { Log } from '../log/log.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import { Tokens } from '../tokens/tokens.ts'
import type { WorkerTrust } from './worker-trust.ts'

/** What the stages of a worker share, made with each configuration: a member for each thing that they ask. */
export type Services = {
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly addresses: Addresses
  /** Roles and permissions of a user. */
  readonly grantsOf: GrantsOf
  readonly tokens: Tokens
  readonly proofs: ProofChecker
  readonly limitCounts: LimitCounts
}

export type ServicesOptions = {
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly addresses: Addresses
  readonly trust: WorkerTrust
  readonly log: Log
  /** Those in force. */
  readonly previous: { readonly plan: Plan; readonly services: Services } | undefined
}

/** Makes what the stages of a plan need. Touches nothing that is in force. */
export function createServices(plan: Plan, options: ServicesOptions): Services {
  const { status, counters, addresses, trust, log, previous } = options
  return {
    status,
    counters: countersFor(plan.counters, {
      local: counters,
      log,
      previous:
        previous === undefined
          ? undefined
          : { plan: previous.plan.counters, counters: previous.services.counters },
    }),
    addresses,
    grantsOf: compileGrants(plan.access.roles, plan.identityProviders),
    tokens: tokensOf(plan, options),
    limitCounts: previous?.services.limitCounts ?? new LimitCounts(),
    proofs: previous?.services.proofs ?? {
      headers: new ProofHeaders(),
      nonces: new DpopNonces(trust.ticketSecret),
    },
  }
}

/** Trust has other secrets now, in place: nonces are made under them from here on. */
export function renewSecrets({ proofs }: Services, { ticketSecret }: WorkerTrust): void {
  proofs.nonces.rekey(ticketSecret)
}

// The same providers: what was verified stays verified, and their keys stay loaded.
function tokensOf({ identityProviders }: Plan, { previous, log }: ServicesOptions): Tokens {
  const isSame =
    JSON.stringify(previous?.plan.identityProviders) === JSON.stringify(identityProviders)
  if (previous !== undefined && isSame) return previous.services.tokens
  return new Tokens(identityProviders, {
    now: Date.now,
    counts: previous?.services.tokens.counts,
    onUnavailable: (provider, { expected, found }) =>
      log.warn({ provider, expected, found }, 'an identity provider cannot be asked'),
  })
}
