import { Problem } from '@sallyport/problem'
import { actorOf } from '../../admin/admin-guard.ts'
import type { Authority } from '../../authority.ts'
import { findDevice } from '../../devices/device-status.ts'
import { issuedKey } from '../../sessions/ended-key.ts'
import { endTokens, type Invalidation } from '../../sessions/invalidation.ts'
import { listInvalidations } from '../../sessions/list-invalidations.ts'
import {
  deviceTokens,
  givenToken,
  issuerOf,
  type Lifetimes,
  session,
  subject,
  tokenOfId,
} from '../../sessions/what-to-end.ts'
import type { InvalidationRow } from '../../store/tables.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  type AdminInvalidation,
  InvalidationChange,
  InvalidationPage,
  InvalidationQuery,
  NewInvalidation,
} from './invalidation-messages.ts'
import { optionalTime, time } from './present.ts'

const tags = ['invalidations']

/** What an operator says is to end, and what that comes to. */
type Ends = (value: string, issuer: () => string, lifetimes: Lifetimes) => Invalidation[]
const ends: Readonly<Record<'token' | 'tokenId' | 'subject' | 'session' | 'deviceId', Ends>> = {
  token: (text, _issuer, lifetimes) => givenToken(text, lifetimes),
  tokenId: (id, issuer, lifetimes) => [tokenOfId(issuer(), id, lifetimes)],
  subject: (id, issuer, lifetimes) => [subject(issuer(), id, lifetimes.now, lifetimes)],
  session: (id, issuer, lifetimes) => [session(issuer(), id, false, lifetimes)],
  deviceId: (id, _issuer, lifetimes) => [deviceTokens(id, lifetimes)],
}
const names = Object.keys(ends) as (keyof typeof ends)[]

export function invalidationRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.post(
    '/invalidations',
    {
      config: { role: 'support', verb: 'end-tokens', app: 'bodyDevice' },
      schema: {
        tags,
        operationId: 'endTokens',
        summary: 'Ends access tokens: one, those of a session, of a user, or on a device',
        body: NewInvalidation,
        response: { 200: InvalidationChange, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const { body } = request
      const by = { actor: actorOf(request), reason: body.reason, now: now() }
      const asked = invalidationsOf(body, authority, by.now)
      const { rows, seq } = await lanes.run('admin', () =>
        store.write(async (tx) => {
          if (body.deviceId !== undefined) await findDevice(tx, body.deviceId)
          return endTokens(tx, asked, by)
        }),
      )
      return { invalidations: rows.map(presentInvalidation), seq }
    },
  )

  api.get(
    '/invalidations',
    {
      config: { role: 'viewer', app: 'queryDevice' },
      schema: {
        tags,
        operationId: 'listInvalidations',
        summary: 'What ends tokens now, newest first',
        querystring: InvalidationQuery,
        response: { 200: InvalidationPage, ...problems(400, 401, 403, 429) },
      },
    },
    async ({ query }) => {
      const { limit = 100, before, kind } = query
      const key = keyOf(query, () => issuerOf(query, authority.config.identityProviders))
      const found = await listInvalidations(store.read, { kind, key, before, limit, now: now() })
      const last = found.at(-1)
      return {
        invalidations: found.map(presentInvalidation),
        ...(found.length < limit || last === undefined ? {} : { nextBefore: last.seq }),
      }
    },
  )
}

/** @throws Problem `message_malformed` where it is not said what ends, or whose it is */
function invalidationsOf(
  body: NewInvalidation,
  { config }: Pick<Authority, 'config'>,
  now: number,
): Invalidation[] {
  const given = names.filter((name) => body[name] !== undefined)
  const [name] = given
  if (name === undefined || given.length > 1) {
    throw new Problem('message_malformed', {
      detail: 'It must be said what ends',
      expected: `exactly one of ${names.join(', ')}`,
      found: given.join(', ') || 'none',
    })
  }
  const issuer = () => issuerOf(body, config.identityProviders)
  return ends[name](body[name] ?? '', issuer, { ...config.authority.sessions, now })
}

function keyOf(query: InvalidationQuery, issuer: () => string): string | undefined {
  const { deviceId, subject: user, session: id } = query
  if (deviceId !== undefined) return deviceId
  const value = user ?? id
  return value === undefined ? undefined : issuedKey(issuer(), value)
}

function presentInvalidation(row: InvalidationRow): AdminInvalidation {
  const { kind, key, issuer, actor, reason, seq } = row
  return {
    kind,
    key,
    issuer,
    at: time(row.at),
    issuedUntil: optionalTime(row.issued_until),
    until: time(row.until),
    actor,
    reason,
    seq,
  }
}
