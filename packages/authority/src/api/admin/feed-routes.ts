import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import Type from 'typebox'
import { actorOf } from '../../admin/admin-guard.ts'
import { adminOf } from '../../admin/admin.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import { refuseLowerRole } from '../../admin/roles.ts'
import type { Authority } from '../../authority.ts'
import { feedHead } from '../../feed/append-change.ts'
import {
  type Confirmation,
  countUnconfirmed,
  decideAll,
  unconfirmedAfter,
  weighConfirmation,
} from '../../feed/unconfirmed.ts'
import type { Tables, UnconfirmedStatusRow } from '../../store/tables.ts'
import { recentRestarts } from '../../feed/restart-budget.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AdminFeed,
  AdminFeedKeys,
  type AdminUnconfirmed,
  ConfirmUnconfirmed,
  DropUnconfirmed,
  UnconfirmedDecided,
  UnconfirmedPage,
} from './feed-messages.ts'
import { Limit, Reason } from './messages.ts'
import { optionalTime, time } from './present.ts'
import { presentProposal } from './present-proposal.ts'
import { Proposed } from './proposal-messages.ts'

const tags = ['feed']

const UnconfirmedQuery = Type.Object(
  {
    decision: Type.Optional(Type.Enum(['open', 'ended', 'kept', 'dropped'])),
    after: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Limit),
  },
  { additionalProperties: false },
)

/** What gateways follow: how far it is, the keys that sign it, and what they kept from an epoch before. */
export function feedRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, feed, feedSigner } = authority

  const presentFeed = async (): Promise<AdminFeed> => ({
    epoch: authority.epoch,
    seq: await feedHead(store.read),
    followers: feed.followers,
    keySet: feedSigner.number,
    keys: feedSigner.published().map(({ kid }) => kid),
    unconfirmed: await countUnconfirmed(store.read),
    restarts: (await recentRestarts(store.read, authority.now())).map(
      ({ gateway, at, isRefused }) => ({ gateway, at: time(at), refused: isRefused }),
    ),
  })

  api.get(
    '/feed',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getFeed',
        summary:
          'The feed: its epoch, its end, its keys, and what gateways kept from an epoch before',
        response: { 200: AdminFeed, ...problems(401, 403, 429) },
      },
    },
    presentFeed,
  )

  api.get(
    '/feed/keys',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getFeedKeySet',
        summary: 'The public keys of the feed, for gateways to pin',
        response: { 200: AdminFeedKeys, ...problems(401, 403, 429) },
      },
    },
    () => Promise.resolve({ keys: feedSigner.published() }),
  )

  api.post(
    '/feed/keys/replace',
    {
      config: { role: 'admin', agreement: 'always' },
      schema: {
        tags,
        operationId: 'replaceFeedKeys',
        summary: 'Signs the feed with a new key at once; the ones before count no more',
        body: Reason,
        response: { 200: AdminFeed, ...problems(400, 401, 403, 429, 503) },
      },
    },
    (request) =>
      lanes.run('admin', async () => {
        await feedSigner.replaceKeys(actorOf(request))
        return presentFeed()
      }),
  )

  api.get(
    '/feed/unconfirmed',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listUnconfirmed',
        summary: 'What gateways go on refusing because an epoch before said so',
        querystring: UnconfirmedQuery,
        response: { 200: UnconfirmedPage, ...problems(400, 401, 403, 429) },
      },
    },
    async ({ query: { decision = 'open', after = '', limit = 100 } }) => {
      const rows = await unconfirmedAfter(store.read, decision, { after, limit })
      const last = rows.length < limit ? undefined : rows.at(-1)?.key
      return {
        statuses: rows.map(presentUnconfirmed),
        ...(last === undefined ? {} : { nextAfter: last }),
      }
    },
  )

  api.post(
    '/feed/unconfirmed/confirm',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'confirmUnconfirmed',
        summary: 'Ends again what had ended in an epoch before',
        body: ConfirmUnconfirmed,
        response: {
          200: UnconfirmedDecided,
          202: Proposed,
          ...problems(400, 401, 403, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { keys, reason } = request.body
      const { issuers, changes } = await weighConfirmation(store.read, keys)
      // It withdraws them, which is for whoever may do so without a gateway that says they were.
      if (issuers.length > 0) refuseLowerRole(adminOf(request), 'admin')
      const why = await lanes.run('admin', () =>
        store.write((tx) => whyForTwo(tx, request, { issuers, changes })),
      )
      if (why !== undefined) {
        const proposal = await second.propose(request, reply, why)
        return { proposal: presentProposal(proposal, authority.now()) }
      }
      const by = { reason, actor: actorOf(request) }
      const order = { verdict: 'confirm', keys, withdrawing: issuers, ...by } as const
      return lanes.run('admin', () => decideAll(authority, order))
    },
  )

  /** What one gateway tells of is no more believed than an operator who orders it. */
  async function whyForTwo(
    tx: Kysely<Tables>,
    request: FastifyRequest,
    { issuers, changes }: Confirmation,
  ): Promise<string | undefined> {
    if (second.isEnough(request)) return undefined
    if (issuers.length > 0) return 'it withdraws CAs'
    if (changes === 0) return undefined
    return second.needs(tx, request, { isRevocation: false, changes })
  }

  api.post(
    '/feed/unconfirmed/drop',
    {
      config: { role: 'admin', agreement: 'always' },
      schema: {
        tags,
        operationId: 'dropUnconfirmed',
        summary: 'Lets go of what an epoch before had ended: it counts again',
        body: DropUnconfirmed,
        response: { 200: UnconfirmedDecided, ...problems(400, 401, 403, 429, 503) },
      },
    },
    (request) => {
      const { keys, reason } = request.body
      const order = { verdict: 'drop', keys, reason, actor: actorOf(request) } as const
      return lanes.run('admin', () => decideAll(authority, order))
    },
  )
}

function presentUnconfirmed(row: UnconfirmedStatusRow): AdminUnconfirmed {
  return {
    kind: row.kind,
    key: row.key,
    status: row.status,
    until: time(Math.min(row.until, latestTime)),
    reportedAt: time(row.reported_at),
    reportedBy: row.reported_by,
    decision: row.decision,
    decidedAt: optionalTime(row.decided_at),
    decidedBy: row.decided_by,
    reason: row.reason,
  }
}

/** 9999-12-31T23:59:59Z: what RFC 3339 can say. */
const latestTime = Date.UTC(9999, 11, 31, 23, 59, 59)
