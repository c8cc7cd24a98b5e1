import { devicePaths } from '@sallyport/wire'
import { EnrollmentRequest, IssuedCertificate, PendingEnrollment } from '@sallyport/wire/messages'
import type { Authority } from '../authority.ts'
import { enrollDevice } from '../enrollment/enroll-device.ts'
import type { Api } from './api-server.ts'
import { callerOf, presentedIn } from './caller.ts'
import { problems } from './problem-schema.ts'

/** Where phones that hold nothing yet get their first certificate. */
export function enrollmentApi(api: Api, authority: Authority): void {
  api.post(
    devicePaths.certificates,
    {
      schema: {
        tags: ['device'],
        operationId: 'enrollDevice',
        summary: 'Enrols a device. The same challenge with the same key gives the same answer',
        description:
          'Where policy asks for a user, their access token stands in the header Authorization: Bearer (RFC 6750).',
        body: EnrollmentRequest,
        response: {
          201: IssuedCertificate,
          202: PendingEnrollment,
          ...problems(400, 401, 403, 404, 409, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { body } = request
      const caller = callerOf(request)
      const enroll = () => enrollDevice(authority, body, caller, presentedIn(request))
      const answer = await authority.lanes.run('enrollment', enroll).catch((error: unknown) => {
        authority.failedAttempts.noteRefusal(error, body.appId, caller.address)
        throw error
      })
      if (!('status' in answer)) {
        authority.holders.note(caller.address)
        return reply.code(201).send(answer)
      }
      reply.header('retry-after', String(answer.retryAfterSeconds))
      return reply.code(202).send(answer)
    },
  )
}
