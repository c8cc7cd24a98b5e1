import { devicePaths } from '@sallyport/wire'
import {
  ApprovalDecision,
  DecidedApproval,
  EndedDevice,
  UserApprovals,
  UserDevices,
} from '@sallyport/wire/messages'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { Authority } from '../authority.ts'
import { appOf } from '../config/app-of.ts'
import { readActive } from '../devices/authenticate-device.ts'
import { callingDevice } from '../devices/calling-device.ts'
import { approvalsFor, decideAsDevice } from '../enrollment/device-approval.ts'
import type { DeviceRow } from '../store/tables.ts'
import { presentDevice, presentRequest } from '../users/present-to-user.ts'
import { endOwnDevice } from '../users/end-own-device.ts'
import { devicesOfUser } from '../users/user-devices.ts'
import type { Api } from './api-server.ts'
import { peerCertificate, presentedIn } from './caller.ts'
import { problems } from './problem-schema.ts'

const tags = ['device']
/** The status that a decision gives. */
const statusAfter = { approve: 'approved', deny: 'denied' } as const
const DeviceParams = Type.Object({ id: Type.String({ maxLength: 80 }) })
const ApprovalParams = Type.Object({ id: Type.String({ maxLength: 40 }) })

/** What a device may ask and decide for its user, over mutual TLS. */
export function userDeviceApi(api: Api, authority: Authority): void {
  const { store, lanes } = authority
  const serverTime = () => new Date(authority.now()).toISOString()
  const caller = (request: FastifyRequest) => callingDevice(authority, peerCertificate(request))

  /** Its user's devices in its app; itself alone, where it enrolled without one. */
  async function devicesBeside(device: DeviceRow): Promise<DeviceRow[]> {
    const { app_id: appId, user_provider: provider, user_subject: subject } = device
    if (provider === null || subject === null) return [device]
    const { graceDays } = appOf(authority.config.apps, appId).certificate
    const owner = { appId, user: { provider, subject }, graceDays, now: authority.now() }
    return devicesOfUser(store.read, owner)
  }

  api.get(
    devicePaths.devices,
    {
      schema: {
        tags,
        operationId: 'listUserDevices',
        summary: 'The devices of the user of the device that calls',
        response: { 200: UserDevices, ...problems(401, 403, 503) },
      },
    },
    async (request) => {
      const { device } = await caller(request)
      const devices = await devicesBeside(device)
      return {
        devices: devices.map((row) => presentDevice(row, device.id)),
        serverTime: serverTime(),
      }
    },
  )

  api.delete(
    `${devicePaths.devices}/:id`,
    {
      schema: {
        tags,
        operationId: 'endUserDevice',
        summary:
          'Ends the device that calls, or with an access token of its user another one of them',
        params: DeviceParams,
        response: { 200: EndedDevice, ...problems(401, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const { id: deviceId } = request.params
      const { accessToken } = presentedIn(request)
      const end = { caller: await caller(request), deviceId, accessToken }
      const status = await endOwnDevice(authority, end)
      return { deviceId, status, serverTime: serverTime() }
    },
  )

  api.get(
    devicePaths.approvals,
    {
      schema: {
        tags,
        operationId: 'listUserApprovals',
        summary: 'New devices of the user that wait for the word of another one',
        response: { 200: UserApprovals, ...problems(401, 403, 503) },
      },
    },
    async (request) => {
      const { device } = await caller(request)
      const app = appOf(authority.config.apps, device.app_id)
      const waiting = await approvalsFor(store.read, app, device, authority.now())
      const devices = waiting.length === 0 ? [] : await devicesBeside(device)
      return {
        approvals: waiting.map((row) => presentRequest(row, devices)),
        serverTime: serverTime(),
      }
    },
  )

  api.post(
    `${devicePaths.approvals}/:id`,
    {
      schema: {
        tags,
        operationId: 'decideUserApproval',
        summary: 'Approves or denies a new device of the user',
        params: ApprovalParams,
        body: ApprovalDecision,
        response: { 200: DecidedApproval, ...problems(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const { device, certificate } = await caller(request)
      const app = appOf(authority.config.apps, device.app_id)
      const status = statusAfter[request.body.decision]
      const { id } = await lanes.run('enrollment', () =>
        store.write(async (tx) => {
          // It may have been suspended since it called.
          const active = await readActive(tx, certificate.thumbprint)
          const now = authority.now()
          const decision = { id: request.params.id, device: active.device, status, now }
          return decideAsDevice(tx, app, decision)
        }),
      )
      return { approvalId: id, status, serverTime: serverTime() }
    },
  )
}
