import { appsOf } from '../../admin/admin.ts'
import { attestationReport } from '../../appraisals/attestation-report.ts'
import { appraisalsOf, findAppraisal } from '../../appraisals/find-appraisals.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { findDevice } from '../../devices/device-status.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AdminAppraisal,
  AppraisalList,
  AppraisedEvidence,
  AttestationReport,
  ReportQuery,
} from './appraisal-messages.ts'
import { IdParams } from './messages.ts'
import { nextCursorOf, PageQuery } from './page-messages.ts'
import { presentAppraisal, presentEvidence } from './present-appraisal.ts'
import { presentReport } from './present-report.ts'

const tags = ['attestation']
const dayMs = 24 * 3_600_000

export function appraisalRoutes(api: Api, authority: Authority): void {
  const { store, refusedAppraisals, now } = authority

  api.get(
    '/devices/:id/appraisals',
    {
      config: { role: 'viewer', app: 'device' },
      schema: {
        tags,
        operationId: 'listAppraisals',
        summary: 'The appraisals of the evidence of a device, newest first',
        params: IdParams,
        querystring: PageQuery,
        response: { 200: AppraisalList, ...problems(400, 401, 403, 404, 429) },
      },
    },
    async ({ params, query }) => {
      const device = await findDevice(store.read, params.id)
      const page = await appraisalsOf(store.read, device.id, query)
      return { appraisals: page.rows.map(presentAppraisal), ...nextCursorOf(page) }
    },
  )

  api.get(
    '/appraisals/:id',
    {
      config: { role: 'viewer', app: 'appraisal' },
      schema: {
        tags,
        operationId: 'getAppraisal',
        summary: 'An appraisal: every check, with what was expected and found',
        params: IdParams,
        response: { 200: AdminAppraisal, ...problems(401, 403, 404, 429) },
      },
    },
    async ({ params }) => presentAppraisal(await findAppraisal(store.read, params.id)),
  )

  api.get(
    '/appraisals/:id/evidence',
    {
      config: { role: 'support', app: 'appraisal' },
      schema: {
        tags,
        operationId: 'getEvidence',
        summary: 'The evidence as the phone sent it, kept while a device rests on it',
        params: IdParams,
        response: { 200: AppraisedEvidence, ...problems(401, 403, 404, 429) },
      },
    },
    async ({ params }) => presentEvidence(await findAppraisal(store.read, params.id)),
  )

  api.get(
    '/attestation/report',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'getAttestationReport',
        summary: 'What policy refuses, or would in mode enforce: by check, model, system and app',
        querystring: ReportQuery,
        response: { 200: AttestationReport, ...problems(400, 401, 403, 404, 429) },
      },
    },
    async (request) => {
      const { query } = request
      const { appId, days = 30, purpose, top = 20 } = query
      const { apps } = authority.config
      const asked = appsOf(request, appId)
      if (appId !== undefined) appOf(apps, appId)
      // What was refused a moment ago is still on its way to the store.
      await refusedAppraisals.flush()
      const until = now()
      const report = await attestationReport(store.read, {
        appIds: asked ?? Object.keys(apps),
        since: until - days * dayMs,
        until,
        purpose,
      })
      return presentReport(report, { appId: appId ?? null, top })
    },
  )
}
