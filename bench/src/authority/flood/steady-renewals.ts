import { setTimeout as delay } from 'node:timers/promises'
import { type Phone, renew } from '../phones.ts'
import type { AuthoritySite } from '../authority-site.ts'

/** Milliseconds that each renewal took, from the first packet to the certificate; and why some failed. */
export type Renewals = { readonly milliseconds: number[]; readonly failures: string[] }

/** Phones that go on renewing at a steady pace, whatever else happens, until `end`. */
export type SteadyRenewals = { end(): Promise<Renewals> }

export type Pace = {
  readonly phones: readonly Phone[]
  readonly perSecond: number
  /** Where each comes from; default 127.0.0.1. */
  readonly addressOf?: (index: number) => string
}

export function renewSteadily(
  site: AuthoritySite,
  { phones, perSecond, addressOf }: Pace,
): SteadyRenewals {
  const current = [...phones]
  const renewals: Renewals = { milliseconds: [], failures: [] }
  const running = new Set<Promise<void>>()
  const ending = new AbortController()
  const one = async (index: number) => {
    const at = index % current.length
    const startedAt = performance.now()
    const from = addressOf === undefined ? {} : { localAddress: addressOf(index) }
    try {
      current[at] = await renew(site, current[at] as Phone, from)
      renewals.milliseconds.push(performance.now() - startedAt)
    } catch (error) {
      renewals.failures.push(String(error))
    }
  }
  const pacing = (async () => {
    const startedAt = performance.now()
    for (let index = 0; !ending.signal.aborted; index++) {
      // By the clock, not after the last one: whoever is slow does not slow the next one down.
      await delay(Math.max(0, startedAt + (index * 1_000) / perSecond - performance.now()))
      const work = one(index).finally(() => running.delete(work))
      running.add(work)
    }
  })()
  return {
    async end() {
      ending.abort()
      await pacing
      await Promise.all(running)
      return renewals
    },
  }
}
