import Type from 'typebox'
import type { Authority } from '../../authority.ts'
import { trustedIssuer } from '../../issuers/trusted-issuer.ts'
import type { IssuerRow } from '../../store/tables.ts'
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
      const issuers = rows.flatMap((row) => presentIssuer(row) ?? [])
      return { issuers }
    },
  )
}

/** Undefined while it has no certificate. */
function presentIssuer(row: IssuerRow): AdminIssuer | undefined {
  if (row.status === 'pending') return undefined
  return {
    ...trustedIssuer(row),
    id: row.id,
    lane: row.lane,
    status: row.status,
    notBefore: time(row.not_before),
    notAfter: time(row.not_after),
    issuesFrom: time(row.issues_from),
  }
}
