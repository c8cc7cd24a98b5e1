import Type from 'typebox'
import { chainHeads, makeCheckpoint, readCheckpoints } from '../../audit/checkpoint.ts'
import type { Authority } from '../../authority.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'

const tags = ['records']
const closed = { additionalProperties: false }

/** The end of a chain. */
const ChainHead = Type.Object({
  name: Type.String(),
  seq: Type.Integer(),
  hash: Type.String(),
})
const ChainList = Type.Object({ chains: Type.Array(ChainHead) })

const Checkpoint = Type.Object({
  seq: Type.Integer(),
  at: Type.Integer(),
  heads: Type.Array(ChainHead),
  /** Compact, over `{at, heads}`. */
  jws: Type.String(),
})
const CheckpointPage = Type.Object({
  checkpoints: Type.Array(Checkpoint),
  /** What they are signed with: public JWK. */
  keys: Type.Array(Type.Object({}, { additionalProperties: true })),
  nextAfter: Type.Optional(Type.Integer()),
})
const CheckpointQuery = Type.Object(
  {
    /** Checkpoints after this number. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  closed,
)
const CheckpointMade = Type.Object({ made: Type.Boolean() })

/** The chains of the audit log, and the checkpoints over their ends. */
export function auditRoutes(api: Api, authority: Authority): void {
  const { store, checkpointKeys } = authority

  api.get(
    '/audit/chains',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listAuditChains',
        summary: 'The chains of the audit log, one of each authority, and where they end',
        response: { 200: ChainList, ...problems(401, 403, 429) },
      },
    },
    async () => ({ chains: await chainHeads(store.read) }),
  )

  api.get(
    '/audit/checkpoints',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listAuditCheckpoints',
        summary: 'Signed ends of all chains, oldest first, and the keys that they are signed with',
        querystring: CheckpointQuery,
        response: { 200: CheckpointPage, ...problems(400, 401, 403, 429) },
      },
    },
    async ({ query }) => {
      const { after = 0, limit = 100 } = query
      const checkpoints = await readCheckpoints(store.read, after, limit)
      const last = checkpoints.at(-1)
      return {
        checkpoints,
        keys: checkpointKeys.published(),
        ...(checkpoints.length < limit || !last ? {} : { nextAfter: last.seq }),
      }
    },
  )

  api.post(
    '/audit/checkpoints',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'makeAuditCheckpoint',
        summary: 'Signs the ends of all chains now, where one has moved since the last time',
        body: Type.Object({}, closed),
        response: { 200: CheckpointMade, ...problems(400, 401, 403, 429, 503) },
      },
    },
    async () => ({ made: await makeCheckpoint(authority) }),
  )
}
