import { devicePaths } from '@sallyport/wire'
import {
  ChallengeRequest,
  ChallengeResponse,
  DeviceSelf,
  DiagnoseRequest,
  Diagnosis,
  IssuedCertificate,
  RenewalRequest,
} from '@sallyport/wire/messages'
import type { Authority } from '../authority.ts'
import { appOf } from '../config/app-of.ts'
import { verifyOwnCertificate } from '../devices/authenticate-device.ts'
import { deviceSelf } from '../devices/device-self.ts'
import { diagnose } from '../devices/diagnose.ts'
import { makeChallenge } from '../enrollment/challenge.ts'
import { enrollmentScope } from '../enrollment/enrollment-challenge.ts'
import { renewCertificate } from '../renewal/renew-certificate.ts'
import { FewAtOnce } from '../work/few-at-once.ts'
import type { Api } from './api-server.ts'
import { addressOf, callerOf, peerCertificate } from './caller.ts'
import { channelBinding } from './channel-binding.ts'
import { problems } from './problem-schema.ts'
import { userDeviceApi } from './user-device-api.ts'

const tags = ['device']

/**
 * What phones call once they hold a certificate, and what it takes to renew one. Nothing here verifies it but the
 * handlers, each of which says whether it needs one.
 */
export function deviceApi(api: Api, authority: Authority): void {
  const { lanes } = authority
  // A phone that is hostile is enrolled, too: it waits for itself, and no other one for it.
  const renewalsOfDevice = new FewAtOnce({ most: 2, maxWaiting: 64 })

  api.post(
    devicePaths.challenges,
    {
      schema: {
        tags,
        operationId: 'createChallenge',
        summary: 'A challenge for an enrolment or a renewal',
        body: ChallengeRequest,
        response: { 200: ChallengeResponse, ...problems(400, 404) },
      },
    },
    async (request) => {
      const { appId, purpose } = request.body
      const app = appOf(authority.config.apps, appId)
      const scope =
        purpose === 'enroll'
          ? enrollmentScope(appId, app, () => channelBinding(request))
          : request.body
      const now = authority.now()
      const challenge = makeChallenge(authority.challengeKey, scope, now)
      return {
        challenge: challenge.text,
        expiresAt: new Date(challenge.expiresAt).toISOString(),
        serverTime: new Date(now).toISOString(),
      }
    },
  )

  api.post(
    devicePaths.renewals,
    {
      schema: {
        tags,
        operationId: 'renewCertificate',
        summary: 'Renews a certificate, over mutual TLS or by a signature of its key',
        body: RenewalRequest,
        response: { 201: IssuedCertificate, ...problems(400, 401, 403, 404, 409, 429, 503) },
      },
    },
    async (request, reply) => {
      const shown = peerCertificate(request)
      // Without a certificate it says that it holds one, as anybody may; and anybody may make one.
      const peer = shown && verifyOwnCertificate(authority.issuers, shown)
      const caller = callerOf(request)
      const renew = () => renewCertificate(authority, request.body, peer, caller)
      const renewed =
        peer === undefined
          ? await lanes.run('enrollment', renew)
          : await renewalsOfDevice.run(peer.deviceId, () => lanes.run('renewal', renew))
      authority.holders.note(caller.address)
      return reply.code(201).send(renewed)
    },
  )

  api.get(
    devicePaths.me,
    {
      schema: {
        tags,
        operationId: 'getSelf',
        summary: 'What is known of the device that calls, over mutual TLS',
        response: { 200: DeviceSelf, ...problems(401, 403, 503) },
      },
    },
    async (request) => {
      const self = await deviceSelf(authority, peerCertificate(request))
      authority.holders.note(addressOf(request))
      return self
    },
  )

  api.post(
    devicePaths.diagnose,
    {
      schema: {
        tags,
        operationId: 'diagnose',
        summary: 'Why a gateway would refuse a certificate',
        body: DiagnoseRequest,
        response: { 200: Diagnosis, ...problems(400) },
      },
    },
    (request) => diagnose(authority, request.body, peerCertificate(request)),
  )

  userDeviceApi(api, authority)
}
