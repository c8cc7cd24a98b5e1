/** What a provider said of an active token, and when it was asked. Milliseconds. */
export type ActiveAnswer = {
  readonly claims: Readonly<Record<string, unknown>>
  readonly askedAt: number
  /** Until when it need not be asked again. */
  readonly freshUntil: number
}

/**
 * What a provider said of tokens, by their hash. What is active and what is not stand in tables of
 * their own, each bounded: tokens that were made up push out none that are good.
 */
export type AnswerCache = {
  active(hash: string): ActiveAnswer | undefined
  isInactive(hash: string): boolean
  keepActive(hash: string, answer: ActiveAnswer): void
  /** Forgets that it was active, too. */
  keepInactive(hash: string, until: number): void
}

export function createAnswerCache(maxEntries: number, now: () => number): AnswerCache {
  const actives = new Map<string, ActiveAnswer>()
  const inactives = new Map<string, number>()
  return {
    active: (hash) => actives.get(hash),
    isInactive: (hash) => (inactives.get(hash) ?? 0) > now(),
    keepActive(hash, answer) {
      keep(actives, hash, answer, maxEntries)
      inactives.delete(hash)
    },
    keepInactive(hash, until) {
      keep(inactives, hash, until, maxEntries)
      actives.delete(hash)
    },
  }
}

/** A map keeps the order of insertion: what was asked about longest ago goes. */
function keep<T>(entries: Map<string, T>, key: string, value: T, maxEntries: number): void {
  entries.delete(key)
  if (entries.size >= maxEntries) {
    const oldest = entries.keys().next()
    if (oldest.done !== true) entries.delete(oldest.value)
  }
  entries.set(key, value)
}
