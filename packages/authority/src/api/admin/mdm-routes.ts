import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { actorOf, appsOf } from '../../admin/admin.ts'
import { makerOf } from '../../admin/maker.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { createMdmCredential, revokeMdmCredential } from '../../protocols/scep/mdm-credential.ts'
import { readPage } from '../../store/page.ts'
import type { MdmCredentialRow } from '../../store/tables.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { IdParams, MadeBy, Reason } from './messages.ts'
import { AppPageQuery, NextCursor, nextCursorOf } from './page-messages.ts'
import { optionalTime, time } from './present.ts'

const tags = ['mdm']
const closed = { additionalProperties: false }
const Time = Type.String({ format: 'date-time' })

const NewMdmCredential = Type.Object(
  {
    appId: Type.String({ maxLength: 63 }),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    /** Default: that of the protocol. */
    maxPerHour: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  closed,
)

const AdminMdmCredential = Type.Object({
  id: Type.String(),
  appId: Type.String(),
  lane: Type.String(),
  label: Type.String(),
  status: Type.Enum(['usable', 'revoked']),
  maxPerHour: Type.Integer(),
  createdAt: Time,
  createdBy: Type.String(),
  madeBy: MadeBy,
  revokedAt: Type.Union([Time, Type.Null()]),
})
type AdminMdmCredential = Type.Static<typeof AdminMdmCredential>

/** What MDMs have their devices enrol with by SCEP. */
export function mdmRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.get(
    '/mdm/credentials',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listMdmCredentials',
        summary: 'Credentials that MDMs have their devices enrol with; their texts are not kept',
        querystring: AppPageQuery,
        response: {
          200: Type.Object({
            credentials: Type.Array(AdminMdmCredential),
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
          .selectFrom('mdm_credentials')
          .selectAll()
          .$if(appIds !== undefined, (query) => query.where('app_id', 'in', appIds ?? [])),
        { time: 'created_at', id: 'id', direction: 'desc' },
        request.query,
      )
      return { credentials: page.rows.map(present), ...nextCursorOf(page) }
    },
  )

  api.post(
    '/mdm/credentials',
    {
      config: { role: 'operator', verb: 'enroll', app: 'bodyApp' },
      schema: {
        tags,
        operationId: 'createMdmCredential',
        summary: 'Makes a credential for an MDM: the challenge of its fleet. Its text is told once',
        body: NewMdmCredential,
        response: {
          201: Type.Object({
            credential: AdminMdmCredential,
            /** The challenge itself: told once. */
            challenge: Type.String(),
          }),
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { appId, label = '' } = request.body
      const { scep } = appOf(authority.config.apps, appId).protocols
      if (scep === undefined) {
        throw new Problem('not_found', { detail: `The app ${appId} has no protocols.scep` })
      }
      const { lane, maxPerHour: most } = scep
      const maxPerHour = Math.min(request.body.maxPerHour ?? most, most)
      const order = { appId, lane, label, maxPerHour, by: makerOf(request), now: now() }
      const { row, credential } = await lanes.run('admin', () =>
        store.write((tx) => createMdmCredential(tx, order)),
      )
      return reply.code(201).send({ credential: present(row), challenge: credential })
    },
  )

  api.post(
    '/mdm/credentials/:id/revoke',
    {
      config: { role: 'operator', verb: 'enroll', app: 'mdmCredential' },
      schema: {
        tags,
        operationId: 'revokeMdmCredential',
        summary: 'Revokes a credential: it enrols no more devices, and those that it brought go on',
        params: IdParams,
        body: Reason,
        response: { 200: AdminMdmCredential, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const { reason } = request.body
      const order = { id: request.params.id, reason, actor: actorOf(request), now: now() }
      const row = await lanes.run('admin', () =>
        store.write((tx) => revokeMdmCredential(tx, order)),
      )
      return present(row)
    },
  )
}

function present(row: MdmCredentialRow): AdminMdmCredential {
  return {
    id: row.id,
    appId: row.app_id,
    lane: row.lane,
    label: row.label,
    status: row.revoked_at === null ? 'usable' : 'revoked',
    maxPerHour: Number(row.max_per_hour),
    createdAt: time(row.created_at),
    createdBy: row.created_by,
    madeBy: row.made_by,
    revokedAt: optionalTime(row.revoked_at),
  }
}
