import { certificateStatuses, deviceStatuses } from '@sallyport/wire'
import Type from 'typebox'
import type { Authority } from '../../authority.ts'
import { findCertificate } from '../../devices/certificate-status.ts'
import {
  type CertificateStanding,
  certificateStanding,
} from '../../devices/certificate-standing.ts'
import { fullList } from '../../published/published-addresses.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { IdParams, Time } from './messages.ts'
import { time } from './present.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** What is said of a certificate, wherever it is said. */
export const AdminCertificateStatus = Type.Object({
  thumbprint: Type.String(),
  serial: Type.String(),
  appId: Type.String(),
  deviceId: Type.String(),
  /** What the registry has. */
  registry: Type.Object({
    certificate: Type.Enum([...certificateStatuses]),
    device: Type.Enum([...deviceStatuses]),
    /** Of the CA that issued it; null where that is not known any more. */
    issuer: Nullable(Type.String()),
    notAfter: Time,
    /** It counts: active, of an active device and a CA that is believed, and in date. */
    counts: Type.Boolean(),
  }),
  /** What gateways were told. */
  feed: Type.Object({
    changes: Type.Array(
      Type.Object({
        seq: Type.Integer(),
        at: Time,
        about: Type.String(),
        status: Type.String(),
      }),
    ),
    issuedListed: Type.Boolean(),
    behind: Type.Array(Type.String()),
  }),
  /** What revocation lists and OCSP say; null where the status is not published. */
  published: Nullable(
    Type.Object({
      status: Type.Enum(['good', 'revoked', 'unknown']),
      revokedAt: Nullable(Time),
      reason: Nullable(Type.String()),
      lists: Type.Array(
        Type.Object({
          /** Null: the full list. */
          shard: Nullable(Type.Integer()),
          number: Type.Integer(),
          issuedAt: Time,
          nextUpdate: Time,
          on: Type.Boolean(),
        }),
      ),
    }),
  ),
})
export type AdminCertificateStatus = Type.Static<typeof AdminCertificateStatus>

export function certificateStatusRoutes(api: Api, { store, now }: Authority): void {
  api.get(
    '/certificates/:id/status',
    {
      config: { role: 'viewer', app: 'certificate' },
      schema: {
        tags: ['devices'],
        operationId: 'getCertificateStatus',
        summary: 'What the registry, the feed and the published status say of a certificate',
        params: IdParams,
        response: { 200: AdminCertificateStatus, ...problems(401, 403, 404, 429) },
      },
    },
    ({ params }) =>
      store.snapshotRead(async (read) => {
        const certificate = await findCertificate(read, params.id)
        return present(await certificateStanding(read, certificate), now())
      }),
  )
}

function present(
  { certificate, device, issuer, feed, published }: CertificateStanding,
  now: number,
): AdminCertificateStatus {
  const isBelieved = issuer?.status === 'active' || issuer?.status === 'retired'
  const isInDate = certificate.not_before <= now && now < certificate.not_after
  return {
    thumbprint: certificate.thumbprint,
    serial: certificate.serial,
    appId: certificate.app_id,
    deviceId: certificate.device_id,
    registry: {
      certificate: certificate.status,
      device: device.status,
      issuer: issuer?.status ?? null,
      notAfter: time(certificate.not_after),
      counts:
        certificate.status === 'active' && device.status === 'active' && isBelieved && isInDate,
    },
    feed: {
      changes: feed.changes.map(({ seq, at, kind, status }) => {
        return { seq, at: time(at), about: kind, status }
      }),
      issuedListed: feed.isIssuedListed,
      behind: [...feed.behind],
    },
    published:
      published === undefined
        ? null
        : {
            status: published.status,
            revokedAt: published.revokedAt === undefined ? null : time(published.revokedAt),
            reason: published.reason ?? null,
            lists: published.lists.map((list) => ({
              shard: list.shard === fullList ? null : list.shard,
              number: list.number,
              issuedAt: time(list.this_update),
              nextUpdate: time(list.next_update),
              on: list.isOn,
            })),
          },
  }
}
