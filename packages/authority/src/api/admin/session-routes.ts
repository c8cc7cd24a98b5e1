import Type from 'typebox'
import { adminOf } from '../../admin/admin.ts'
import { revokeAdminToken } from '../../admin/admin-token.ts'
import { roles } from '../../admin/roles.ts'
import type { Authority } from '../../authority.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminTokenInfo } from './admin-token-messages.ts'
import { presentAdminToken, time } from './present.ts'

const tags = ['sessions']
const optionalList = Type.Union([Type.Array(Type.String()), Type.Null()])
const Whoami = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['first', 'token', 'session']),
  /** As the audit log has it. */
  actor: Type.String(),
  role: Type.Enum([...roles]),
  apps: optionalList,
  verbs: optionalList,
  networks: optionalList,
  expiresAt: Type.String({ format: 'date-time' }),
})

/** What whoever calls is, and their way out. */
export function sessionRoutes(api: Api, { store, lanes, now }: Authority): void {
  api.get(
    '/whoami',
    {
      config: { role: 'viewer', app: 'shared' },
      schema: {
        tags,
        operationId: 'whoami',
        summary: 'Whose token this is, and what it is narrowed to',
        response: { 200: Whoami, ...problems(401, 403, 429) },
      },
    },
    async (request) => {
      const { id, kind, actor, role, apps, verbs, networks, expiresAt } = adminOf(request)
      const list = (values: readonly string[] | undefined) => (values ? [...values] : null)
      return {
        id,
        kind,
        actor,
        role,
        apps: list(apps),
        verbs: list(verbs),
        networks: list(networks),
        expiresAt: time(expiresAt),
      }
    },
  )

  api.post(
    '/sessions/end',
    {
      config: { role: 'viewer', verb: 'read', app: 'shared' },
      schema: {
        tags,
        operationId: 'endSession',
        summary: 'Ends the session, or revokes the token, that asks',
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: AdminTokenInfo, ...problems(400, 401, 403, 429, 503) },
      },
    },
    (request) => {
      const { id, actor } = adminOf(request)
      return lanes.run('admin', async () =>
        presentAdminToken(
          await store.write((tx) =>
            revokeAdminToken(tx, { id, actor, reason: 'logged out', now: now() }),
          ),
        ),
      )
    },
  )
}
