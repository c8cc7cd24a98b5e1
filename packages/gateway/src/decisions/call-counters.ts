/** Calls for decisions by who asked and what came of it. Names are those of the configuration: bounded. */
export class CallCounters {
  readonly #counts = new Map<string, number>()

  count(caller: string, outcome: 'allowed' | 'refused' | 'bad_call'): void {
    const key = `${caller} ${outcome}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  rows(): { caller: string; outcome: string; count: number }[] {
    return [...this.#counts].map(([key, count]) => {
      const [caller = '', outcome = ''] = key.split(' ')
      return { caller, outcome, count }
    })
  }
}
