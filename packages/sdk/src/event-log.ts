import { isSallyportError, type SallyportError } from './sallyport-error.ts'

/** One thing that happened, for a support person to read. It holds no token, key or body. */
export type ClientEvent = {
  /** By the phone's own clock, RFC 3339. */
  readonly at: string
  readonly event: string
  readonly code?: string
  readonly detail?: string
  readonly requestId?: string
  readonly supportCode?: string
}

export type EventLog = {
  add(event: string, detail?: string): void
  /** Notes a failure and gives it back, so that it can be thrown in the same line. */
  failed(event: string, error: unknown): void
  list(): readonly ClientEvent[]
}

/** The last events of this process, oldest first. */
export function createEventLog(phoneNow: () => number, limit = 50): EventLog {
  const events: ClientEvent[] = []
  const push = (event: ClientEvent) => {
    events.push(event)
    if (events.length > limit) events.shift()
  }
  const at = () => new Date(phoneNow()).toISOString()
  return {
    add: (event, detail) => push({ at: at(), event, ...(detail === undefined ? {} : { detail }) }),
    failed: (event, error) => push({ at: at(), event, ...about(error) }),
    list: () => [...events],
  }
}

function about(error: unknown): Partial<ClientEvent> {
  if (!isSallyportError(error)) return { detail: error instanceof Error ? error.message : 'failed' }
  const { requestId, supportCode } = error satisfies SallyportError
  return {
    code: error.serverCode,
    detail: error.message,
    ...(requestId === undefined ? {} : { requestId }),
    ...(supportCode === undefined ? {} : { supportCode }),
  }
}
