import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/problem'

/**
 * Waits until a health endpoint (plain HTTP on the loopback interface) answers 200.
 *
 * @param refuse throws at an answer for which it is no use to wait
 * @throws Problem `start_failed` with the last answer
 */
export async function awaitReady(
  url: string,
  name: string,
  refuse: (answer: string) => void,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let last = 'no answer'
  while (performance.now() < deadline) {
    last = await ask(url)
    if (last === '200') return
    refuse(last)
    await sleep(50)
  }
  throw new Problem('start_failed', {
    detail: `${name}: it runs, and is not ready after ${timeoutMs / 1_000} s`,
    expected: `${url} to answer 200`,
    found: last,
  })
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    const text = await response.text()
    return response.status === 200 ? '200' : `${response.status} ${text.slice(0, 300)}`
  } catch (error) {
    // It does not listen yet, or just stopped: both are told in the end if they last.
    const { cause } = error as { cause?: unknown }
    return cause instanceof Error ? cause.message : String(error)
  }
}
