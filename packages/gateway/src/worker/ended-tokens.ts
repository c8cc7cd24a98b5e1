import type { ReasonCode } from '@sallyport/problem'
import { isEndedKind } from '@sallyport/wire'
import type { Connection } from '../edge/connection.ts'
import type { ServedRequest } from '../pipeline/served-request.ts'
import type { StageSettings } from '../pipeline/stage.ts'
import { statusKey } from '../status/status-code.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import type { TokenKeys } from '../status/token-status.ts'
import type { EndedConnections, KnownChange } from './messages.ts'

/** Whether a request that is under way was let in with a token that has ended. */
export type HasEnded = (request: ServedRequest) => boolean

/** By what the status table says now. */
export function endedNow(status: DeviceStatus): HasEnded {
  return (request) => reasonOf(request, status) !== undefined
}

/** By a change that is in the table; undefined where it is about no tokens. */
export function endedBy(change: KnownChange, status: DeviceStatus): HasEnded | undefined {
  if (!isEndedKind(change.kind)) return undefined
  if (change.kind === 'deviceTokens') {
    return (request) =>
      request.device?.deviceId === change.key && reasonOf(request, status) !== undefined
  }
  const keysOf = keysByKind[change.kind]
  const key = statusKey(change.kind, change.key)
  // The key first: of ten thousand open streams it leaves the few that are asked about.
  return (request) =>
    request.token !== undefined &&
    keysOf(request.token.keys).some((one) => isSame(one, key)) &&
    reasonOf(request, status) !== undefined
}

const keysByKind: Readonly<
  Record<'token' | 'session' | 'subject', (keys: TokenKeys) => readonly Int32Array[]>
> = {
  token: ({ tokens }) => tokens,
  session: ({ sessions }) => sessions,
  subject: ({ subjects }) => subjects.map(({ key }) => key),
}

/**
 * How long a request whose answer has not begun may go on: it may be the very one by which a user signs out,
 * and the answer to that shall reach them.
 */
const graceMs = 5_000

/**
 * Ends the requests of a connection whose tokens have ended: WebSockets and answers under way at once.
 * Others on the connection go on where HTTP/2 lets them.
 *
 * @param ended counts what ends at once
 */
export function endRequests(
  connection: Connection,
  hasEnded: HasEnded,
  ended: EndedConnections,
): void {
  for (const request of connection.requests) {
    if (request.token === undefined || !hasEnded(request) || isWatchedAlone(request)) continue
    if (request.exchange.answeredAt > 0 && !request.isUpgrade) continue
    if (isAnswering(request)) {
      ended[request.isUpgrade ? 'webSocket' : connection.kind]++
      cutOff(connection, request)
    } else {
      setTimeout(() => {
        if (connection.requests.has(request)) cutOff(connection, request)
      }, graceMs).unref()
    }
  }
}

function isAnswering({ isUpgrade, exchange }: ServedRequest): boolean {
  return isUpgrade || exchange.outcome.status !== 0
}

/** Ends a request: in HTTP/1 with its connection, in HTTP/2 alone. */
export function cutOff(connection: Connection, { exchange }: ServedRequest): void {
  if (connection.session === undefined) connection.endNow()
  else exchange.abort()
}

function reasonOf({ token, device }: ServedRequest, status: DeviceStatus): ReasonCode | undefined {
  return token === undefined ? undefined : status.endedToken(token.keys, device?.deviceId)
}

/** Mode shadow lets through what has ended already: so it does not end what is open. */
function isWatchedAlone({ route }: ServedRequest): boolean {
  const settings = route?.plan.stages['token'] as StageSettings | undefined
  return settings?.mode === 'shadow'
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  return one[0] === other[0] && one[1] === other[1] && one[2] === other[2] && one[3] === other[3]
}
