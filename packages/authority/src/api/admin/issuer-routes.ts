import Type from 'typebox'
import type { Authority } from '../../authority.ts'
import { trustedIssuer } from '../../issuers/trusted-issuer.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminIssuer } from './messages.ts'
import { time } from './present.ts'

/** The CAs that issue device certificates: what a certificate is explained with. */
export function issuerRoutes(api: Api, { store }: Authority): void {
  api.get(
    '/issuers',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['issuers'],
        operationId: 'listIssuers',
        summary: 'The CAs of this deployment that issue device certificates, revoked ones included',
        response: {
          200: Type.Object({ issuers: Type.Array(AdminIssuer) }),
          ...problems(401, 403, 429),
        },
      },
    },
    async () => {
      const rows = await store.read
        .selectFrom('issuers')
        .selectAll()
        .orderBy('not_before')
        .execute()
      const issuers = rows.map((row) => ({
        ...trustedIssuer(row),
        id: row.id,
        status: row.status,
        notAfter: time(row.not_after),
      }))
      return { issuers }
    },
  )
}
