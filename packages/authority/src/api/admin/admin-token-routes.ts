import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { adminOf } from '../../admin/admin.ts'
import {
  createAdminToken,
  maxTokenSeconds,
  revokeAdminToken,
  useFirstToken,
} from '../../admin/admin-token.ts'
import { endMade } from '../../admin/end-made.ts'
import { listAdminTokens } from '../../admin/list-admin-tokens.ts'
import { makerOf } from '../../admin/maker.ts'
import { isNetwork } from '../../admin/networks.ts'
import { narrowScope } from '../../admin/narrow-scope.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AdminTokenInfo,
  CreatedAdminToken,
  NewAdminToken,
  RevokeAdminToken,
  RevokedAdminToken,
} from './admin-token-messages.ts'
import { IdParams } from './messages.ts'
import { NextCursor, nextCursorOf, PageQuery } from './page-messages.ts'
import { presentAdminToken } from './present.ts'

const tags = ['admin tokens']

export function adminTokenRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.get(
    '/admin-tokens',
    {
      config: { role: 'admin', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listAdminTokens',
        summary: 'Admin tokens and sessions, newest first; their texts are not kept',
        querystring: PageQuery,
        response: {
          200: Type.Object({ adminTokens: Type.Array(AdminTokenInfo), nextCursor: NextCursor }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const { apps } = adminOf(request)
      const page = await listAdminTokens(store.read, { apps, now: now() }, request.query)
      return { adminTokens: page.rows.map(presentAdminToken), ...nextCursorOf(page) }
    },
  )

  api.post(
    '/admin-tokens',
    {
      config: { role: 'admin', verb: 'administer', app: 'filtered', takesFirstToken: true },
      schema: {
        tags,
        operationId: 'createAdminToken',
        summary: 'Makes an admin token, no wider than the one that asks. Its text is told once',
        body: NewAdminToken,
        response: { 201: CreatedAdminToken, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const { label, role, lifetimeSeconds = maxTokenSeconds } = request.body
      const maker = adminOf(request)
      refuseNoNetworks(request.body.networks)
      const scope = narrowScope(maker, request.body)
      for (const appId of scope.apps ?? []) appOf(authority.config.apps, appId)
      const isFirst = maker.kind === 'first'
      const order = {
        ...scope,
        label,
        role,
        by: makerOf(request),
        now: now(),
        expiresAt: now() + lifetimeSeconds * 1_000,
        // Whoever makes a token for somebody else could agree with it to what they proposed.
        ...(isFirst ? {} : { person: maker.person }),
      }
      const { row, token } = await lanes.run('admin', () =>
        store.write(async (tx) => {
          const made = await createAdminToken(tx, order)
          if (isFirst) await useFirstToken(tx, { id: maker.id, now: now() })
          return made
        }),
      )
      return reply.code(201).send({ adminToken: presentAdminToken(row), token })
    },
  )

  api.post(
    '/admin-tokens/:id/revoke',
    {
      config: { role: 'admin', verb: 'administer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'revokeAdminToken',
        summary: 'Revokes an admin token or session, and whatever it made that lets anybody in',
        params: IdParams,
        body: RevokeAdminToken,
        response: { 200: RevokedAdminToken, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const { id: callerId, apps, actor } = adminOf(request)
      const { reason, keepMade = false } = request.body
      const order = { reason, actor, now: now() }
      const round = () =>
        lanes.run('admin', () =>
          store.write(async (tx) => {
            const maker = await revokeAdminToken(tx, { id: request.params.id, apps, ...order })
            const made = { makerId: maker.id, callerId, ...order }
            return { maker, ids: keepMade ? [] : await endMade(tx, made) }
          }),
        )
      const { maker, ids: alsoRevoked } = await round()
      for (let more = alsoRevoked; more.length > 0; alsoRevoked.push(...more)) {
        more = (await round()).ids
      }
      return { ...presentAdminToken(maker), alsoRevoked }
    },
  )
}

/** What the pattern of the message lets pass. @throws Problem `message_malformed` */
function refuseNoNetworks(networks: readonly string[] = []): void {
  const found = networks.find((text) => !isNetwork(text))
  if (found === undefined) return
  throw new Problem('message_malformed', {
    expected: 'networks as 10.0.0.0/8 or 2001:db8::/32',
    found,
  })
}
