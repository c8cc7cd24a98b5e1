/**
 * Does work every so often, one round at a time: where a round takes longer than the time between two, the next
 * one is left out and not begun beside it.
 *
 * @param onFailed is told what a round threw; the next one comes all the same
 * @returns what ends it: no round is begun any more, and the one under way goes on
 */
export function repeatedly(
  everyMs: number,
  work: () => Promise<unknown>,
  onFailed: (error: unknown) => void,
): () => void {
  let isRunning = false
  const round = async (): Promise<void> => {
    if (isRunning) return
    isRunning = true
    try {
      await work()
    } catch (error) {
      onFailed(error)
    } finally {
      isRunning = false
    }
  }
  const timer = setInterval(() => void round(), everyMs)
  return () => clearInterval(timer)
}
