import { estimateDevices } from '@sallyport/wire'
import { appsOf } from '../../admin/admin.ts'
import type { Authority } from '../../authority.ts'
import { type Counted, shadowReport } from '../../shadow/shadow-report.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { ShadowQuery, ShadowReport } from './shadow-messages.ts'

const hourMs = 3_600_000

export function shadowRoutes(api: Api, authority: Authority): void {
  const { store, now } = authority

  api.get(
    '/shadow/report',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags: ['records'],
        operationId: 'getShadowReport',
        summary: 'What stages in mode shadow would have refused: by route, reason and app version',
        querystring: ShadowQuery,
        response: { 200: ShadowReport, ...problems(400, 401, 403, 429) },
      },
    },
    async (request) => {
      const { query } = request
      const { hours = 24, route, stage, appId, top = 20 } = query
      const until = now()
      // The hour that has begun, and so many before it.
      const since = (Math.floor(until / hourMs) - hours + 1) * hourMs
      const report = await shadowReport(store.read, {
        since,
        route,
        stage,
        appIds: appsOf(request, appId),
      })
      return {
        since: new Date(since).toISOString(),
        until: new Date(until).toISOString(),
        reasons: report.reasons.slice(0, top).map(({ refused, all, versions, ...reason }) => ({
          ...reason,
          wouldBeRefused: share(refused, all),
          byAppVersion: versions.slice(0, top).map((version) => ({
            appId: version.appId,
            platform: version.platform,
            appVersion: version.appVersion,
            wouldBeRefused: share(version.refused, version.all),
          })),
        })),
        isTruncated: report.isTruncated,
      }
    },
  )
}

function share(
  refused: Counted,
  all: Counted | undefined,
): ShadowReport['reasons'][number]['wouldBeRefused'] {
  return {
    requests: refused.requests,
    ofRequests: all?.requests ?? null,
    devices: estimateDevices(refused.devices),
    ofDevices: all === undefined ? null : estimateDevices(all.devices),
  }
}
