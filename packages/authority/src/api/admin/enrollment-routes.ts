import Type from 'typebox'
import { actorOf, appsOf } from '../../admin/admin.ts'
import { makerOf, refuseEndedMaker } from '../../admin/maker.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { decideApproval } from '../../enrollment/approval.ts'
import { createEnrollmentToken, revokeEnrollmentToken } from '../../enrollment/enrollment-token.ts'
import { readPage } from '../../store/page.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AdminApproval,
  AdminEnrollmentToken,
  CreatedEnrollmentToken,
  IdParams,
  NewEnrollmentToken,
  Reason,
} from './messages.ts'
import { AppPageQuery, NextCursor, nextCursorOf } from './page-messages.ts'
import { presentApproval, presentEnrollmentToken } from './present.ts'

const tags = ['enrolment']
const defaultTokenSeconds = 86_400

export function enrollmentTokenRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.get(
    '/enrollment-tokens',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listEnrollmentTokens',
        summary: 'Enrolment tokens, newest first; their texts are not kept',
        querystring: AppPageQuery,
        response: {
          200: Type.Object({
            enrollmentTokens: Type.Array(AdminEnrollmentToken),
            nextCursor: NextCursor,
          }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const appIds = appsOf(request, request.query.appId)
      const page = await readPage(
        store.read
          .selectFrom('enrollment_tokens')
          .selectAll()
          .$if(appIds !== undefined, (query) => query.where('app_id', 'in', appIds ?? [])),
        { time: 'created_at', id: 'id', direction: 'desc' },
        request.query,
      )
      return {
        enrollmentTokens: page.rows.map((row) => presentEnrollmentToken(row, now())),
        ...nextCursorOf(page),
      }
    },
  )

  api.post(
    '/enrollment-tokens',
    {
      config: { role: 'support', verb: 'enroll', app: 'bodyApp' },
      schema: {
        tags,
        operationId: 'createEnrollmentToken',
        summary: 'Makes a token for one enrolment. Its text is told once',
        body: NewEnrollmentToken,
        response: { 201: CreatedEnrollmentToken, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const { appId, label = '', lifetimeSeconds = defaultTokenSeconds } = request.body
      appOf(authority.config.apps, appId)
      const expiresAt = now() + lifetimeSeconds * 1_000
      const order = { appId, label, expiresAt, by: makerOf(request), now: now() }
      const { row, token } = await lanes.run('admin', () =>
        store.write((tx) => createEnrollmentToken(tx, order)),
      )
      const enrollmentToken = presentEnrollmentToken(row, now())
      return reply.code(201).send({ enrollmentToken, token })
    },
  )

  api.post(
    '/enrollment-tokens/:id/revoke',
    {
      config: { role: 'support', verb: 'enroll', app: 'enrollmentToken' },
      schema: {
        tags,
        operationId: 'revokeEnrollmentToken',
        summary: 'Revokes an enrolment token that was not used',
        params: IdParams,
        body: Reason,
        response: { 200: AdminEnrollmentToken, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    (request) => {
      const { reason } = request.body
      const revocation = { id: request.params.id, reason, actor: actorOf(request), now: now() }
      return lanes.run('admin', async () => {
        const row = await store.write((tx) => revokeEnrollmentToken(tx, revocation))
        return presentEnrollmentToken(row, now())
      })
    },
  )
}

/** What an operator decides of an enrolment that waits. */
const decisions = [
  { verb: 'approve', status: 'approved', summary: 'Lets an enrolment go on' },
  { verb: 'deny', status: 'denied', summary: 'Refuses an enrolment' },
] as const

const ApprovalQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum(['pending', 'approved', 'denied'])),
    ...AppPageQuery.properties,
  },
  { additionalProperties: false },
)

export function approvalRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.get(
    '/approvals',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listApprovals',
        summary:
          'Enrolments that need approval, oldest first; those that wait unless asked otherwise',
        querystring: ApprovalQuery,
        response: {
          200: Type.Object({ approvals: Type.Array(AdminApproval), nextCursor: NextCursor }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const status = request.query.status ?? 'pending'
      const appIds = appsOf(request, request.query.appId)
      let rows = store.read.selectFrom('approvals').selectAll().where('status', '=', status)
      if (appIds !== undefined) rows = rows.where('app_id', 'in', appIds)
      if (status === 'pending') rows = rows.where('expires_at', '>', now())
      const order = { time: 'requested_at', id: 'id', direction: 'asc' } as const
      const page = await readPage(rows, order, request.query)
      return {
        approvals: page.rows.map((row) => presentApproval(row, now())),
        ...nextCursorOf(page),
      }
    },
  )

  for (const { verb, status, summary } of decisions) {
    api.post(
      `/approvals/:id/${verb}`,
      {
        config: { role: 'support', verb: 'approve', app: 'approval' },
        schema: {
          tags,
          operationId: `${verb}Enrollment`,
          summary,
          params: IdParams,
          body: Reason,
          response: { 200: AdminApproval, ...problems(400, 401, 403, 404, 409, 429, 503) },
        },
      },
      async (request) => {
        const { reason } = request.body
        const decision = { id: request.params.id, status, reason, actor: actorOf(request) }
        const row = await lanes.run('admin', () =>
          store.write(async (tx) => {
            await refuseEndedMaker(tx, makerOf(request), now())
            return decideApproval(tx, { ...decision, now: now() })
          }),
        )
        return presentApproval(row, now())
      },
    )
  }
}
