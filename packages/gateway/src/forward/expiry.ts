import type { UpstreamSettings } from './upstream-config.ts'
import { type FailureKind, type UpstreamFailure, upstreamFailure } from './upstream-failure.ts'

/** What an exchange waited for too long. */
export type Expiry = keyof typeof expiries

type Row = {
  readonly kind: FailureKind
  readonly reach: UpstreamFailure['reach']
  /** The setting that bounded it. */
  readonly bound: keyof UpstreamSettings & `${string}Ms`
  /** @param bound the setting and its value, `idleMs, 60000 ms` */
  readonly detail: (upstream: string, bound: string) => string
}

const expiries = {
  exchange: {
    kind: 'headersTimeout',
    reach: 'possibly-seen',
    bound: 'totalMs',
    detail: (upstream, bound) => `${upstream} took longer than ${bound}, for the exchange.`,
  },
  connection: {
    kind: 'busy',
    reach: 'never-sent',
    bound: 'connectMs',
    detail: (upstream, bound) => `No connection to ${upstream} became free within ${bound}.`,
  },
  answerTaken: {
    kind: 'requestTimeout',
    reach: 'possibly-seen',
    bound: 'idleMs',
    detail: (_, bound) => `The client took nothing of its answer for ${bound}.`,
  },
  answerRest: {
    kind: 'incomplete',
    reach: 'possibly-seen',
    bound: 'idleMs',
    detail: (upstream, bound) =>
      `Nothing moved for ${bound}, in the middle of the answer of ${upstream}.`,
  },
  answerHead: {
    kind: 'headersTimeout',
    reach: 'possibly-seen',
    bound: 'headersMs',
    detail: (upstream, bound) => `${upstream} did not begin to answer within ${bound}.`,
  },
  requestRest: {
    kind: 'requestTimeout',
    reach: 'possibly-seen',
    bound: 'idleMs',
    detail: (_, bound) => `The client sent nothing of its request for ${bound}.`,
  },
} as const satisfies Record<string, Row>

/** The failure of an exchange that waited too long. @param upstream its name in the configuration */
export function expiryFailure(
  expiry: Expiry,
  upstream: string,
  settings: UpstreamSettings,
): UpstreamFailure {
  const { kind, reach, bound, detail }: Row = expiries[expiry]
  return upstreamFailure(kind, reach, detail(upstream, `${bound}, ${settings[bound]} ms`))
}
