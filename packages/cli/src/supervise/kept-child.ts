import { type Exit, exitWords, type RunningChild } from './child-process.ts'

/** A child that is started again when it ends by itself. */
export type KeptChild = {
  readonly name: string
  /** The process that runs now; while it is being started again, the one before. */
  current(): RunningChild
  end(graceMs: number): Promise<void>
}

export type KeptChildOptions = {
  start: () => Promise<RunningChild>
  say: (text: string) => void
  /** Pause before the first new start; doubled at each that follows, up to the most. */
  backoffMs?: { first: number; most: number }
  /** After this long without ending, the pause is the first one again. */
  steadyAfterMs?: number
  onRestart?: (child: RunningChild) => void
}

/**
 * Starts a child and keeps one running until told to end. The first start must succeed; later ones
 * are tried again without end, since the machine that a restart is for has nobody at its terminal.
 *
 * @throws Problem of the first start
 */
export async function keepChild(options: KeptChildOptions): Promise<KeptChild> {
  const backoff = options.backoffMs ?? { first: 500, most: 30_000 }
  const steadyAfterMs = options.steadyAfterMs ?? 60_000
  const ending = new AbortController()
  let running = await options.start()
  let pauseMs = backoff.first

  const settle = async (): Promise<void> => {
    for (;;) {
      const startedAt = performance.now()
      const exit = await running.exited
      if (ending.signal.aborted) return
      if (performance.now() - startedAt >= steadyAfterMs) pauseMs = backoff.first
      options.say(endedWords(running.name, exit, pauseMs))
      const next = await startAgain()
      if (next === undefined) return
      running = next
      options.onRestart?.(running)
    }
  }

  const startAgain = async (): Promise<RunningChild | undefined> => {
    for (;;) {
      await pause(pauseMs, ending.signal)
      if (ending.signal.aborted) return undefined
      pauseMs = Math.min(pauseMs * 2, backoff.most)
      try {
        const child = await options.start()
        if (!ending.signal.aborted) return child
        await child.end(1_000)
        return undefined
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error)
        options.say(`${running.name}: ${said}; trying again in ${pauseMs} ms`)
      }
    }
  }

  const settled = settle()
  return {
    name: running.name,
    current: () => running,
    async end(graceMs) {
      ending.abort()
      await running.end(graceMs)
      await settled
    },
  }
}

function endedWords(name: string, exit: Exit, pauseMs: number): string {
  return `${name}: ended with ${exitWords(exit)}; starting it again in ${pauseMs} ms`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
