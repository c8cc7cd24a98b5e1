import { certificateStatuses } from '@sallyport/wire'
import Type from 'typebox'
import { appsOf } from '../../admin/admin.ts'
import type { Authority } from '../../authority.ts'
import { type ListedCertificate, listCertificates } from '../../devices/list-certificates.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminCertificate, Limit } from './messages.ts'
import { optionalTime, time } from './present.ts'

const Id = Type.String({ minLength: 1, maxLength: 100 })
const Moment = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,3})?Z$',
})

const CertificateQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum([...certificateStatuses])),
    appId: Type.Optional(Id),
    deviceId: Type.Optional(Id),
    issuerId: Type.Optional(Id),
    /** Of the devices of this user, whichever provider knows them. */
    userSubject: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    /** Those that end after. */
    endsAfter: Type.Optional(Moment),
    /** Those that end no later. */
    endsBefore: Type.Optional(Moment),
    /** Whether a renewal followed it. */
    renewed: Type.Optional(Type.Boolean()),
    /** `nextCursor` of the page before. */
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
    limit: Type.Optional(Limit),
  },
  { additionalProperties: false },
)

/** A certificate in a list: `getCertificate` has its bytes. */
export const AdminListedCertificate = Type.Object({
  ...Type.Omit(AdminCertificate, ['certificate']).properties,
  /** SHA-256 of the SubjectPublicKeyInfo of its CA, base64url. */
  issuerId: Type.String(),
})
export type AdminListedCertificate = Type.Static<typeof AdminListedCertificate>

export function certificateListRoutes(api: Api, { store, userNames }: Authority): void {
  api.get(
    '/certificates',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags: ['devices'],
        operationId: 'listCertificates',
        summary: 'Certificates of devices, those that end first before the others',
        querystring: CertificateQuery,
        response: {
          200: Type.Object({
            certificates: Type.Array(AdminListedCertificate),
            nextCursor: Type.Optional(Type.String()),
          }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const { appId, userSubject, endsAfter, endsBefore, renewed, ...filter } = request.query
      const asked = {
        ...filter,
        appIds: appsOf(request, appId),
        ...(userSubject === undefined
          ? {}
          : { userSubjects: await userNames.storedSubjects(userSubject) }),
        ...(endsAfter === undefined ? {} : { endsAfter: Date.parse(endsAfter) }),
        ...(endsBefore === undefined ? {} : { endsBefore: Date.parse(endsBefore) }),
        ...(renewed === undefined ? {} : { isRenewed: renewed }),
      }
      const { certificates, nextCursor } = await store.snapshotRead((read) =>
        listCertificates(read, asked),
      )
      return {
        certificates: certificates.map(present),
        ...(nextCursor === undefined ? {} : { nextCursor }),
      }
    },
  )
}

function present(row: ListedCertificate): AdminListedCertificate {
  return {
    thumbprint: row.thumbprint,
    serial: row.serial,
    deviceId: row.device_id,
    appId: row.app_id,
    issuerId: row.issuer_id,
    status: row.status,
    predecessor: row.predecessor,
    successor: row.successor,
    notBefore: time(row.not_before),
    notAfter: time(row.not_after),
    issuedAt: time(row.issued_at),
    usedAt: optionalTime(row.used_at),
  }
}
