import Type from 'typebox'
import { actorOf } from '../../admin/admin-guard.ts'
import { createAdminToken, revokeAdminToken } from '../../admin/admin-token.ts'
import type { Authority } from '../../authority.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminTokenInfo, CreatedAdminToken, IdParams, NewAdminToken, Reason } from './messages.ts'
import { presentAdminToken } from './present.ts'

const tags = ['admin tokens']
const defaultSeconds = 90 * 86_400

export function adminTokenRoutes(api: Api, { store, lanes, now }: Authority): void {
  api.get(
    '/admin-tokens',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'listAdminTokens',
        summary: 'Admin tokens; their texts are not kept',
        response: {
          200: Type.Object({ adminTokens: Type.Array(AdminTokenInfo) }),
          ...problems(401, 403, 429),
        },
      },
    },
    async () => {
      const rows = await store.read
        .selectFrom('admin_tokens')
        .selectAll()
        .orderBy('created_at')
        .execute()
      return { adminTokens: rows.map(presentAdminToken) }
    },
  )

  api.post(
    '/admin-tokens',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'createAdminToken',
        summary: 'Makes an admin token. Its text is told once',
        body: NewAdminToken,
        response: { 201: CreatedAdminToken, ...problems(400, 401, 403, 429, 503) },
      },
    },
    async (request, reply) => {
      const { label, role, lifetimeSeconds = defaultSeconds } = request.body
      const expiresAt = now() + lifetimeSeconds * 1_000
      const order = { label, role, expiresAt, actor: actorOf(request), now: now() }
      const { row, token } = await lanes.run('admin', () =>
        store.write((tx) => createAdminToken(tx, order)),
      )
      return reply.code(201).send({ adminToken: presentAdminToken(row), token })
    },
  )

  api.post(
    '/admin-tokens/:id/revoke',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'revokeAdminToken',
        summary: 'Revokes an admin token',
        params: IdParams,
        body: Reason,
        response: { 200: AdminTokenInfo, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    (request) => {
      const revocation = { id: request.params.id, actor: actorOf(request), now: now() }
      return lanes.run('admin', async () =>
        presentAdminToken(await store.write((tx) => revokeAdminToken(tx, revocation))),
      )
    },
  )
}
