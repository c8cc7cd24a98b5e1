import { once } from 'node:events'
import { Problem } from '@sallyport/problem'
import { fileProblem } from '../files/file-problem.ts'
import { type ChildMessage, secretIsTold } from './child-process.ts'

/** Tells the parent, where there is one, that this process serves. `facts`: such as its addresses. */
export function tellReady(facts: Readonly<Record<string, unknown>>): Promise<void> {
  return tell({ kind: 'ready', facts })
}

/** Tells the parent why this process could not start. False where there is no parent to tell. */
export async function tellFailed(error: unknown): Promise<boolean> {
  if (process.send === undefined) return false
  const problem = error instanceof Problem ? error : fileProblem(error)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  await tell({
    kind: 'failed',
    problem: {
      code: problem?.code ?? 'internal_error',
      detail: problem === undefined ? stack : (problem.detail ?? problem.message),
      ...(problem?.expected === undefined ? {} : { expected: problem.expected }),
      ...(problem?.found === undefined ? {} : { found: problem.found }),
    },
  })
  return true
}

/** The secret that the parent tells this process at its start; undefined where there is none. */
export async function toldSecret(): Promise<string | undefined> {
  const [[name, value]] = Object.entries(secretIsTold) as [[string, string]]
  if (process.env[name] !== value || process.send === undefined) return undefined
  const [message] = (await once(process, 'message')) as [{ secret?: unknown }]
  return typeof message.secret === 'string' ? message.secret : undefined
}

function tell(message: ChildMessage): Promise<void> {
  if (process.send === undefined || !process.connected) return Promise.resolve()
  // A parent that is gone needs no answer: the end of the channel is acted upon by itself.
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()))
}

/**
 * Settles when this process should end: SIGTERM, SIGINT, or its parent is gone.
 *
 * A second signal ends the process at once, for whoever has waited enough.
 *
 * @param also signals that mean the same to this process
 */
export function untilAskedToEnd(also: readonly NodeJS.Signals[] = []): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    const ask = (why: string): void => {
      if (asked) process.exit(130)
      asked = true
      // From here on, the channel to the parent alone must not keep this process alive.
      process.channel?.unref()
      resolve(why)
    }
    for (const signal of ['SIGTERM', 'SIGINT', ...also] as const) process.on(signal, ask)
    if (process.send !== undefined) {
      process.once('disconnect', () => {
        if (!asked) ask('parent gone')
      })
    }
  })
}
