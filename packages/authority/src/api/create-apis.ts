import type { Problem } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { Authority } from '../authority.ts'
import { adminApi, adminPrefix } from './admin-api.ts'
import { type Api, createApi } from './api-server.ts'
import { deviceApi } from './device-api.ts'
import { gatewayApi } from './gateway-api.ts'
import { signInApi } from './admin/sign-in-api.ts'
import { enrollmentApi } from './enrollment-api.ts'
import { readTlsFiles, type TlsFiles } from './listener.ts'
import { listApi } from '../published/list-api.ts'
import { ocspApi } from '../published/ocsp/ocsp-api.ts'
import { assertionKeyApi } from '../gateways/assertion-key-api.ts'
import { countRequests } from './count-requests.ts'
import { describeApi, openApiDocument } from './open-api.ts'
import { estApi } from '../protocols/est/est-api.ts'
import { createJudges } from '../protocols/scep/judges.ts'
import { scepApi } from '../protocols/scep/scep-api.ts'
import { exchangeApi } from './oauth/exchange-api.ts'
import { logoutApi } from './oauth/logout-api.ts'
import { revocationApi } from './oauth/revocation-api.ts'
import { acmeApi } from '../protocols/acme/acme-api.ts'
import { operationsApi } from './operations-api.ts'
import { refusalRecord } from './refusal-record.ts'

/** The listeners of an authority: what each serves is a file of its own. */
export type Apis = Readonly<Record<'device' | 'admin' | 'operations' | 'status', Api>> & {
  readonly mtls?: Api
}

const bodyLimitBytes = 64 * 1024

/** @throws Problem `config_unreadable` */
export function createApis(
  authority: Authority,
  { directory, version }: { directory: string; version: string },
): Apis {
  const { config, log, now, admissions } = authority
  const tls = readTlsFiles(directory, config)
  const forDevices = (listener: 'device' | 'mtls', files: TlsFiles) =>
    createApi({
      admission: admissions[listener],
      log: log.child({ listener }),
      tls: files,
      bodyLimitBytes,
      face: 'public',
      now,
      onRefusal: (problem, request) => keepRefusal(authority, problem, request),
    })
  const device = forDevices('device', tls.device)
  const mtls = tls.mtls && forDevices('mtls', tls.mtls)
  const admin = createApi({
    log: log.child({ listener: 'admin' }),
    tls: tls.admin,
    bodyLimitBytes,
    face: 'operator',
    now,
  })
  // Asked every few seconds by schedulers and Prometheus: only what goes wrong is logged.
  const level = log.isLevelEnabled('warn') ? 'warn' : log.level
  const operations = createApi({
    log: log.child({ listener: 'operations' }, { level }),
    bodyLimitBytes: 1_024,
    face: 'public',
    now,
  })
  // Asked by strangers, as often as they like: counted, and not logged one by one.
  const status = createApi({
    admission: admissions.status,
    log: log.child({ listener: 'status' }, { level }),
    bodyLimitBytes,
    face: 'public',
    now,
  })
  for (const [listener, api] of Object.entries({ device, ...(mtls && { mtls }), admin, status })) {
    countRequests(api, authority.metrics, listener)
    api.addHook('onRequest', async (_request, reply) => {
      // Of one that is about to end: whoever keeps a connection is to make the next one elsewhere.
      if (authority.ending.hasBegun) reply.header('connection', 'close')
    })
  }
  describeApi(device, version)
  describeApi(admin, version)
  const describe = () => openApiDocument([device, admin])
  device.register(async (api) => enrollmentApi(api as Api, authority))
  device.register(async (api) => deviceApi(api as Api, authority))
  device.register(async (api) => exchangeApi(api as Api, authority))
  // Nobody enrols there: what floods the other listener makes nobody wait.
  mtls?.register(async (api) => deviceApi(api, authority))
  mtls?.register(async (api) => exchangeApi(api, authority))
  device.register(async (api) => revocationApi(api as Api, authority))
  device.register(async (api) => logoutApi(api as Api, authority))
  device.register(async (api) => estApi(api as Api, authority, { directory }))
  device.register(async (api) => acmeApi(api as Api, authority))
  admin.register(async (api) => gatewayApi(api as Api, authority))
  admin.register(async (api) => adminApi(api as Api, authority, describe), { prefix: adminPrefix })
  admin.register(async (api) => signInApi(api as Api, authority, directory), {
    prefix: adminPrefix,
  })
  operations.register(async (api) => operationsApi(api as Api, authority, version))
  status.register(async (api) => listApi(api as Api, authority))
  status.register(async (api) => assertionKeyApi(api as Api, authority))
  status.register(async (api) => ocspApi(api as Api, authority))
  status.register(async (api) => scepApi(api as Api, authority, createJudges(directory)))
  return { device, ...(mtls && { mtls }), admin, operations, status }
}

/** A refusal on the device listener is counted, and kept so that it can be explained. */
function keepRefusal(
  { metrics, decisions, now }: Authority,
  problem: Problem,
  request: FastifyRequest,
): void {
  const help = 'Refusals on the device listener, by reason'
  metrics.count('sallyport_authority_refusals_total', help, { code: problem.code })
  // Whoever asks for what is not there is counted and no more: it is no phone.
  if (problem.code !== 'not_found') decisions.keep(refusalRecord(problem, request, now()))
}
