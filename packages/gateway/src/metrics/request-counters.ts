import type { ReasonCode } from '@sallyport/problem'

/** How a request ended: with the service's answer, with a refusal of ours, or for want of an answer. */
export type RequestOutcome = 'forwarded' | 'refused' | 'failed' | 'shadow'

/** Requests of one route, by outcome and reason. */
export class RequestCounters {
  forwarded = 0
  readonly #others = new Map<string, number>()

  count(outcome: RequestOutcome, reason: ReasonCode | 'client_gone'): void {
    const key = `${outcome} ${reason}`
    this.#others.set(key, (this.#others.get(key) ?? 0) + 1)
  }

  rows(): { outcome: string; reason: string; count: number }[] {
    const rows = [...this.#others].map(([key, count]) => {
      const [outcome = '', reason = ''] = key.split(' ')
      return { outcome, reason, count }
    })
    return [{ outcome: 'forwarded', reason: '', count: this.forwarded }, ...rows]
  }
}
