import { TransportError } from './transport.ts'

/**
 * Runs work under a signal that aborts after so many milliseconds, or when the caller's signal does. The
 * time ends with the work. The caller's signal goes on to reach what the work left open, such as a body,
 * until `release` is called; it is undefined where there is no such signal.
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; release: (() => void) | undefined }> {
  const controller = new AbortController()
  const follow = () => controller.abort(signal?.reason)
  if (signal?.aborted === true) follow()
  signal?.addEventListener('abort', follow, { once: true })
  const timer = setTimeout(() => {
    controller.abort(new TransportError('timeout', `no answer within ${milliseconds} ms`))
  }, milliseconds)
  const release = signal && (() => signal.removeEventListener('abort', follow))
  try {
    return { result: await work(controller.signal), release }
  } catch (error) {
    release?.()
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for work that others wait for too: an abort ends the waiting, not the work. */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await work
  if (signal.aborted) throw signal.reason
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
