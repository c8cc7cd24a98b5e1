import { guardAdmin } from '../admin/admin-guard.ts'
import { SecondPerson } from '../admin/proposals/second-person.ts'
import type { Authority } from '../authority.ts'
import { acmeRoutes } from './admin/acme-routes.ts'
import { adminTokenRoutes } from './admin/admin-token-routes.ts'
import { attestationStatusRoutes } from './admin/attestation-status-routes.ts'
import { appraisalRoutes } from './admin/appraisal-routes.ts'
import { certificateListRoutes } from './admin/certificate-list-routes.ts'
import { certificateStatusRoutes } from './admin/certificate-status-routes.ts'
import { certificateRoutes, deviceRoutes } from './admin/device-routes.ts'
import { approvalRoutes, enrollmentTokenRoutes } from './admin/enrollment-routes.ts'
import { feedRoutes } from './admin/feed-routes.ts'
import { gatewayRoutes } from './admin/gateway-routes.ts'
import { invalidationRoutes } from './admin/invalidation-routes.ts'
import { issuerRoutes } from './admin/issuer-routes.ts'
import { mdmRoutes } from './admin/mdm-routes.ts'
import { liftRoutes } from './admin/lift-routes.ts'
import { refusedCertificateRoutes } from './admin/refused-certificate-routes.ts'
import { revocationListRoutes } from './admin/revocation-list-routes.ts'
import { proposalRoutes } from './admin/proposal-routes.ts'
import { recordRoutes } from './admin/record-routes.ts'
import { auditRoutes } from './admin/audit-routes.ts'
import { sessionRoutes } from './admin/session-routes.ts'
import { webhookRoutes } from './admin/webhook-routes.ts'
import { shadowRoutes } from './admin/shadow-routes.ts'
import { userRoutes } from './admin/user-routes.ts'
import type { Api } from './api-server.ts'

export const adminPrefix = '/admin/v1'

/** What console, command line and MDM call, with a bearer token, under `/admin/v1`. */
export function adminApi(api: Api, authority: Authority, describe: () => object): void {
  const second = new SecondPerson(authority)
  guardAdmin(api, authority, second)
  deviceRoutes(api, authority, second)
  certificateRoutes(api, authority, second)
  certificateListRoutes(api, authority)
  certificateStatusRoutes(api, authority)
  refusedCertificateRoutes(api, authority, second)
  proposalRoutes(api, authority, second)
  appraisalRoutes(api, authority)
  invalidationRoutes(api, authority)
  liftRoutes(api, authority)
  enrollmentTokenRoutes(api, authority)
  approvalRoutes(api, authority)
  feedRoutes(api, authority, second)
  gatewayRoutes(api, authority, second)
  issuerRoutes(api, authority)
  revocationListRoutes(api, authority)
  recordRoutes(api, authority)
  auditRoutes(api, authority)
  webhookRoutes(api, authority, second)
  shadowRoutes(api, authority)
  adminTokenRoutes(api, authority)
  sessionRoutes(api, authority)
  attestationStatusRoutes(api, authority)
  acmeRoutes(api, authority, second)
  mdmRoutes(api, authority)
  userRoutes(api, authority, second)
  api.get(
    '/openapi.json',
    {
      config: { role: 'viewer', app: 'shared' },
      schema: {
        tags: ['description'],
        operationId: 'getOpenApi',
        summary: 'This description',
      },
    },
    (_request, reply) => reply.type('application/json').serializer(JSON.stringify).send(describe()),
  )
}
