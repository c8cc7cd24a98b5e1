import { DecisionRecord, HandshakeRecord } from '@sallyport/wire/messages'
import Type from 'typebox'
import { appsOf } from '../../admin/admin.ts'
import { appraisalsOfRequests } from '../../appraisals/find-appraisals.ts'
import { chainHead } from '../../audit/checkpoint.ts'
import { findAudit } from '../../audit/find-audit.ts'
import { readAudit } from '../../audit/read-audit.ts'
import type { Authority } from '../../authority.ts'
import { findDecisions, findHandshakes } from '../../decisions/find-decisions.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminAppraisal } from './appraisal-messages.ts'
import { AuditPage } from './audit-messages.ts'
import { IdParams, Limit, Time } from './messages.ts'
import { NextCursor, nextCursorOf, pageMembers } from './page-messages.ts'
import { presentAppraisal } from './present-appraisal.ts'

const tags = ['records']
const dayMs = 24 * 3_600_000
const closed = { additionalProperties: false }

const AuditQuery = Type.Object(
  {
    /** The name of an authority: by default of the one that is asked. */
    chain: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    /** Rows after this number. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Limit),
    /** Only rows of which all of these hold. */
    actor: Type.Optional(Type.String({ maxLength: 300 })),
    action: Type.Optional(Type.String({ maxLength: 100 })),
    subject: Type.Optional(Type.String({ maxLength: 300 })),
    since: Type.Optional(Time),
    until: Type.Optional(Time),
  },
  closed,
)

const HandshakeQuery = Type.Object(
  {
    address: Type.Optional(Type.String({ maxLength: 60 })),
    /** Default: a day ago. */
    since: Type.Optional(Time),
    ...pageMembers,
  },
  closed,
)

const Source = Type.String({ description: 'The name of a gateway, or `authority`' })
const DecisionList = Type.Object({
  decisions: Type.Array(Type.Object({ source: Source, decision: DecisionRecord })),
  /** Of the evidence in these requests: every check, also those that passed. */
  appraisals: Type.Array(AdminAppraisal),
})
export type FoundDecisions = Type.Static<typeof DecisionList>
const HandshakeList = Type.Object({
  handshakes: Type.Array(Type.Object({ source: Source, handshake: HandshakeRecord })),
  nextCursor: NextCursor,
})

function millisecondsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}

export function recordRoutes(api: Api, authority: Authority): void {
  const { store, decisions, refusedAppraisals, now } = authority

  api.get(
    '/audit',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listAudit',
        summary: 'The audit log, oldest first, with the hashes that chain it',
        querystring: AuditQuery,
        response: { 200: AuditPage, ...problems(400, 401, 403, 429) },
      },
    },
    async ({ query }) => {
      const { after = 0, limit = 100, chain = authority.config.authority.name, ...asked } = query
      const isFiltered = Object.values(asked).some((value) => value !== undefined)
      const filter = {
        ...asked,
        since: millisecondsOf(asked.since),
        until: millisecondsOf(asked.until),
      }
      const rows = isFiltered
        ? await findAudit(store.read, filter, { chain, after, limit })
        : await readAudit(store.read, after, limit, chain)
      const last = rows.at(-1)
      const newest = (await chainHead(store.read, chain))?.seq ?? 0
      return {
        rows,
        ...(rows.length < limit || !last ? {} : { nextAfter: last.seq }),
        chain,
        newest,
      }
    },
  )

  api.get(
    '/decisions/:id',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'findDecisions',
        summary:
          'Decisions by request id or support code, and what their evidence came to, kept for 30 days',
        params: IdParams,
        response: { 200: DecisionList, ...problems(401, 403, 429) },
      },
    },
    async (request) => {
      const { params } = request
      const apps = appsOf(request)
      const isToBeTold = (appId: string | undefined) =>
        apps === undefined || (appId !== undefined && apps.includes(appId))
      // What was refused a moment ago is still on its way to the store.
      await Promise.all([decisions.flush(), refusedAppraisals.flush()])
      const decided = await findDecisions(store.read, params.id)
      const found = decided.filter(({ decision }) => isToBeTold(decision.appId))
      const requestIds = [params.id, ...found.map(({ decision }) => decision.requestId)]
      const appraisals = await appraisalsOfRequests(store.read, requestIds)
      const told = appraisals.filter((appraisal) => isToBeTold(appraisal.app_id))
      return { decisions: found, appraisals: told.map(presentAppraisal) }
    },
  )

  api.get(
    '/handshakes',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'findHandshakes',
        summary: 'Handshakes that failed, newest first, kept for 30 days',
        querystring: HandshakeQuery,
        response: { 200: HandshakeList, ...problems(400, 401, 403, 429) },
      },
    },
    async ({ query }) => {
      const { address } = query
      const since = query.since === undefined ? now() - dayMs : Date.parse(query.since)
      const page = await findHandshakes(store.read, { address, since }, query)
      return { handshakes: [...page.rows], ...nextCursorOf(page) }
    },
  )
}
