import type { DeviceStatus } from '@sallyport/wire'
import { actorOf, appsOf } from '../../admin/admin.ts'
import { makerOf, refuseEndedMaker } from '../../admin/maker.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import type { Role } from '../../admin/roles.ts'
import type { Verb } from '../../admin/verbs.ts'
import { currentAppraisal } from '../../appraisals/find-appraisals.ts'
import type { Authority } from '../../authority.ts'
import { endCertificate, findCertificate } from '../../devices/certificate-status.ts'
import { changeDeviceStatus, findDevice } from '../../devices/device-status.ts'
import { listDevices } from '../../devices/list-devices.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AdminCertificate,
  CertificateChange,
  DeviceChange,
  DeviceDetail,
  DevicePage,
  DeviceQuery,
  IdParams,
  Reason,
} from './messages.ts'
import { presentCertificate, presentDevice } from './present.ts'
import { presentAppraisal } from './present-appraisal.ts'
import { presentProposal } from './present-proposal.ts'
import { Proposed } from './proposal-messages.ts'
import { presentAppAttestKey } from './present-receipts.ts'

const tags = ['devices']

/** What an operator does to the status of a device. */
const verbs: readonly {
  verb: string
  does: Verb
  status: DeviceStatus
  role: Role
  summary: string
}[] = [
  {
    verb: 'suspend',
    does: 'suspend',
    status: 'suspended',
    role: 'support',
    summary: 'Suspends a device',
  },
  {
    verb: 'resume',
    does: 'suspend',
    status: 'active',
    role: 'support',
    summary: 'Lifts a suspension',
  },
  {
    verb: 'revoke',
    does: 'revoke',
    status: 'revoked',
    role: 'operator',
    summary: 'Revokes a device, for ever',
  },
]

export function deviceRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, now, userNames } = authority

  api.get(
    '/devices',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listDevices',
        summary: 'Devices, in the order of their ids',
        querystring: DeviceQuery,
        response: { 200: DevicePage, ...problems(400, 401, 403, 429) },
      },
    },
    async (request) => {
      const { appId, userSubject, ...filter } = request.query
      const userSubjects =
        userSubject === undefined
          ? {}
          : { userSubjects: await userNames.storedSubjects(userSubject) }
      const found = { ...filter, ...userSubjects, appIds: appsOf(request, appId) }
      const { devices, nextCursor } = await store.snapshotRead((read) => listDevices(read, found))
      return {
        devices: devices.map(presentDevice),
        ...(nextCursor === undefined ? {} : { nextCursor }),
      }
    },
  )

  api.get(
    '/devices/:id',
    {
      config: { role: 'viewer', app: 'device' },
      schema: {
        tags,
        operationId: 'getDevice',
        summary: 'A device, what its evidence came to, and its certificates',
        params: IdParams,
        response: { 200: DeviceDetail, ...problems(401, 403, 404, 429) },
      },
    },
    async ({ params }) => {
      const device = await findDevice(store.read, params.id)
      const certificates = await store.read
        .selectFrom('certificates')
        .selectAll()
        .where('device_id', '=', device.id)
        .orderBy('issued_at', 'desc')
        .limit(100)
        .execute()
      const appraisal = await currentAppraisal(store.read, device)
      const appAttestKey = await store.read
        .selectFrom('app_attest_keys')
        .selectAll()
        .where('device_id', '=', device.id)
        .executeTakeFirst()
      return {
        device: presentDevice(device),
        appraisal: appraisal === undefined ? null : presentAppraisal(appraisal),
        appAttestKey: appAttestKey === undefined ? null : presentAppAttestKey(appAttestKey),
        certificates: certificates.map(presentCertificate),
      }
    },
  )

  for (const { verb, does, status, role, summary } of verbs) {
    api.post(
      `/devices/:id/${verb}`,
      {
        config: { role, verb: does, app: 'device' },
        schema: {
          tags,
          operationId: `${verb}Device`,
          summary,
          params: IdParams,
          body: Reason,
          response: {
            200: DeviceChange,
            202: Proposed,
            ...problems(400, 401, 403, 404, 409, 429, 503),
          },
        },
      },
      async (request, reply) => {
        const change = {
          deviceId: request.params.id,
          status,
          reason: request.body.reason,
          actor: actorOf(request),
        }
        const isRevocation = status === 'revoked'
        const changed = await lanes.run('admin', () =>
          store.write(async (tx) => {
            await refuseEndedMaker(tx, makerOf(request), now())
            const why = await second.needs(tx, request, { isRevocation })
            return why ?? changeDeviceStatus(tx, { ...change, now: now() })
          }),
        )
        if (typeof changed === 'string') {
          const proposal = await second.propose(request, reply, changed)
          return { proposal: presentProposal(proposal, now()) }
        }
        return { device: presentDevice(changed.device), seq: changed.seq }
      },
    )
  }
}

export function certificateRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, now } = authority

  api.get(
    '/certificates/:id',
    {
      config: { role: 'viewer', app: 'certificate' },
      schema: {
        tags,
        operationId: 'getCertificate',
        summary: 'A certificate by its thumbprint or serial number',
        params: IdParams,
        response: { 200: AdminCertificate, ...problems(401, 403, 404, 429) },
      },
    },
    async ({ params }) => presentCertificate(await findCertificate(store.read, params.id)),
  )

  api.post(
    '/certificates/:id/revoke',
    {
      config: { role: 'operator', verb: 'revoke', app: 'certificate' },
      schema: {
        tags,
        operationId: 'revokeCertificate',
        summary: 'Revokes one certificate; its device can enrol again',
        params: IdParams,
        body: Reason,
        response: {
          200: CertificateChange,
          202: Proposed,
          ...problems(400, 401, 403, 404, 409, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const { id } = request.params
      const { reason = 'no reason given' } = request.body
      const revoked = await lanes.run('admin', () =>
        store.write(async (tx) => {
          const why = await second.needs(tx, request, { isRevocation: true })
          if (why !== undefined) return why
          const certificate = await findCertificate(tx, id)
          const end = { certificate, status: 'revoked' as const, reason, actor, now: now() }
          return { certificate, seq: await endCertificate(tx, end) }
        }),
      )
      if (typeof revoked === 'string') {
        const proposal = await second.propose(request, reply, revoked)
        return { proposal: presentProposal(proposal, now()) }
      }
      const certificate = presentCertificate({ ...revoked.certificate, status: 'revoked' })
      return { certificate, seq: revoked.seq }
    },
  )
}
