import { isProblem } from '@sallyport/problem'
import { type UpstreamFailure, upstreamFailure } from '../upstream-failure.ts'

/** How far an exchange had come when its connection ended. */
export type ExchangeProgress = {
  /** The connection carried requests before this one. */
  readonly isReused: boolean
  readonly hasAnswerBegun: boolean
  readonly isHeadRead: boolean
}

/**
 * What it is to a request that its connection ended. @param error undefined where it was just closed
 * @param url of the target
 */
export function lostFailure(
  error: NodeJS.ErrnoException | undefined,
  url: string,
  { isReused, hasAnswerBegun, isHeadRead }: ExchangeProgress,
): UpstreamFailure {
  const found = error === undefined ? 'closed' : `${error.code ?? ''} ${error.message}`.trim()
  if (isHeadRead) {
    const detail = `${url} closed the connection in the middle of its answer.`
    return upstreamFailure('incomplete', 'possibly-seen', detail, { found })
  }
  // A service closes an idle connection without looking: nothing came back, so nothing was read.
  const reach = isReused && !hasAnswerBegun ? 'unseen' : 'possibly-seen'
  const kind = error?.code?.startsWith('ERR_SSL') ? 'tls' : 'lost'
  const detail = `${url} closed the connection before it answered.`
  return upstreamFailure(kind, reach, detail, { found })
}

/**
 * What it is to a request that its answer cannot be read. What the parser did not refuse may still be nothing
 * that node can say to the client. It costs this request, as a refused answer does, and never the process.
 */
export function invalidFailure(error: unknown, url: string): UpstreamFailure {
  if (isProblem(error)) {
    const { expected, found } = error
    return upstreamFailure('invalid', 'possibly-seen', error.message, { expected, found })
  }
  const detail = `The answer of ${url} could not be passed on.`
  return upstreamFailure('invalid', 'possibly-seen', detail, { found: String(error) })
}
