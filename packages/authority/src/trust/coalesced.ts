/** A piece of work that is never done twice at once. */
export type Coalesced = {
  /** Resolves after a run that began after this was called; all who call meanwhile share it. */
  run(): Promise<void>
  /** Resolves when what runs and waits now is done. */
  idle(): Promise<void>
}

/** @param work never throws */
export function coalesced(work: () => Promise<void>): Coalesced {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const begin = (): Promise<void> => {
    next = undefined
    running = work().finally(() => {
      running = undefined
    })
    return running
  }
  return {
    run() {
      next ??= (running ?? Promise.resolve()).then(begin)
      return next
    },
    async idle() {
      await next
      await running
    },
  }
}
