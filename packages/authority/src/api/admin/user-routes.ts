import Type from 'typebox'
import { actorOf } from '../../admin/admin.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import { appendAudit, type AuditEvent } from '../../audit/audit-log.ts'
import { unchanged } from '../../audit/change.ts'
import { personal } from '../../audit/personal.ts'
import type { Authority } from '../../authority.ts'
import { exportUser } from '../../privacy/export-user.ts'
import { findUsers, storedForms } from '../../privacy/find-user.ts'
import { forgetUser, liveDevices } from '../../privacy/forget-user.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminAuditRow } from './audit-messages.ts'
import { Time } from './messages.ts'
import { time } from './present.ts'
import { presentProposal } from './present-proposal.ts'
import { Proposed } from './proposal-messages.ts'

const tags = ['users']
const closed = { additionalProperties: false }
const UserId = Type.String({ pattern: '^hashed:[A-Za-z0-9_-]{43}$' })
const UserParams = Type.Object({ id: UserId }, closed)

const AskedUser = Type.Object(
  {
    /** As the access tokens of the user say it. */
    subject: Type.String({ minLength: 1, maxLength: 255 }),
    /** A name under identityProviders; without it: each. */
    provider: Type.Optional(Type.String({ maxLength: 255 })),
  },
  closed,
)
const AdminUser = Type.Object({
  id: UserId,
  provider: Type.String(),
  devices: Type.Integer(),
  approvals: Type.Integer(),
  forgottenAt: Type.Union([Time, Type.Null()]),
})
const UserExport = Type.Object({
  id: UserId,
  /** Rows as they are stored, by the name of their table; bytes are base64. */
  tables: Type.Object({}, { additionalProperties: true }),
  audit: Type.Array(AdminAuditRow),
  /** Tables that have more rows of the user than these. */
  cut: Type.Array(Type.String()),
})
const Forget = Type.Object(
  {
    /** Whether devices that count are revoked; else they refuse it. */
    revoke: Type.Optional(Type.Boolean()),
    /** What came later stays. */
    before: Type.Optional(Time),
    reason: Type.Optional(Type.String({ maxLength: 500 })),
  },
  closed,
)
const Forgot = Type.Object({
  devices: Type.Integer(),
  revoked: Type.Integer(),
  approvals: Type.Integer(),
  /** Personal values beside the audit log. */
  values: Type.Integer(),
  /** There is more of them: ask again. */
  isMore: Type.Boolean(),
})

/** What somebody may ask of what is kept of them (GDPR, articles 15 and 17). */
export function userRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, now } = authority
  const config = { role: 'admin', verb: 'privacy' } as const

  api.post(
    '/users/find',
    {
      config,
      schema: {
        tags,
        operationId: 'findUsers',
        summary: 'Users by what their access tokens call them: the ids that they are asked for by',
        body: AskedUser,
        response: {
          200: Type.Object({ users: Type.Array(AdminUser) }),
          ...problems(400, 401, 403, 429, 503),
        },
      },
    },
    async ({ body }) => {
      const users = await findUsers(authority, { provider: undefined, ...body })
      return { users: users.map((user) => ({ ...user, forgottenAt: optional(user.forgottenAt) })) }
    },
  )

  api.post(
    '/users/:id/export',
    {
      config,
      schema: {
        tags,
        operationId: 'exportUser',
        summary: 'Everything that the store holds of a user',
        params: UserParams,
        response: { 200: UserExport, ...problems(400, 401, 403, 429, 503) },
      },
    },
    async (request) => {
      const { id } = request.params
      const user = { id, forms: await storedForms(authority, id) }
      const exported = await store.snapshotRead((read) => exportUser(read, user))
      const event: Omit<AuditEvent, 'at'> = {
        actor: actorOf(request),
        action: 'user.exported',
        subject: personal('user', id),
        detail: unchanged,
      }
      await lanes.run('admin', () => store.write((tx) => appendAudit(tx, { at: now(), ...event })))
      return { id, ...exported, audit: [...exported.audit], cut: [...exported.cut] }
    },
  )

  api.post(
    '/users/:id/forget',
    {
      config,
      schema: {
        tags,
        operationId: 'forgetUser',
        summary: 'Forgets a user, and revokes their devices where that is asked for',
        params: UserParams,
        body: Forget,
        response: { 200: Forgot, 202: Proposed, ...problems(400, 401, 403, 409, 429, 503) },
      },
    },
    async (request, reply) => {
      const { revoke = false, before, reason } = request.body
      const { id } = request.params
      const order = {
        id,
        forms: await storedForms(authority, id),
        before: before === undefined ? undefined : Date.parse(before),
        isRevoking: revoke,
        reason,
        actor: actorOf(request),
      }
      const done = await lanes.run('admin', () =>
        store.write(async (tx) => {
          const changes = revoke ? (await liveDevices(tx, order)).length : 0
          const why =
            changes === 0
              ? undefined
              : await second.needs(tx, request, { isRevocation: true, changes })
          return why ?? forgetUser(tx, { ...order, now: now() })
        }),
      )
      if (typeof done === 'string') {
        const proposal = await second.propose(request, reply, done)
        return { proposal: presentProposal(proposal, now()) }
      }
      await store.scrub()
      return done
    },
  )
}

function optional(milliseconds: number | null): string | null {
  return milliseconds === null ? null : time(milliseconds)
}
