import Type from 'typebox'
import { actorOf } from '../../admin/admin-guard.ts'
import type { Authority } from '../../authority.ts'
import { heldBlocks } from '../../lifts/held-blocks.ts'
import { lift, liftSubject } from '../../lifts/lift.ts'
import { issuerOf } from '../../sessions/what-to-end.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminBlock, AdminLift, NewLift } from './lift-messages.ts'
import { time } from './present.ts'

const tags = ['blocks']

export function liftRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now, config } = authority

  api.get(
    '/blocks',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listBlocks',
        summary: 'Addresses that gateways do not serve for a while, and why',
        response: {
          200: Type.Object({ blocks: Type.Array(AdminBlock) }),
          ...problems(401, 403, 429),
        },
      },
    },
    async () => {
      const held = await heldBlocks(store.read, now())
      return { blocks: held.map((block) => ({ ...block, until: time(block.until) })) }
    },
  )

  api.post(
    '/lifts',
    {
      config: { role: 'support', verb: 'lift' },
      schema: {
        tags,
        operationId: 'lift',
        summary:
          'Ends blocks and waits of an address, an account, a user or a device, at every gateway',
        body: NewLift,
        response: { 200: AdminLift, ...problems(400, 401, 403, 429, 503) },
      },
    },
    async (request) => {
      const { body } = request
      const subject = liftSubject(body, () => issuerOf(body, config.identityProviders))
      const by = { actor: actorOf(request), reason: body.reason, now: now() }
      const { seq, key } = await lanes.run('admin', () =>
        store.write((tx) => lift(tx, subject, by)),
      )
      return { subject: key, seq }
    },
  )
}
