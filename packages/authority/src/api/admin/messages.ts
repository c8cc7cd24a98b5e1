import { assurances, certificateStatuses, deviceStatuses, platforms } from '@sallyport/wire'
import { TrustedIssuer } from '@sallyport/wire/messages'
import Type from 'typebox'
import { provableFacts } from '../../appraisals/device-facts.ts'
import { AdminAppraisal } from './appraisal-messages.ts'

const closed = { additionalProperties: false }
const Text = (maxLength = 200) => Type.String({ maxLength })
/** Milliseconds since 1970 in the store, RFC 3339 in JSON. */
export const Time = Type.String({ format: 'date-time' })
const OptionalTime = Type.Union([Time, Type.Null()])

export const Reason = Type.Object({ reason: Type.Optional(Text(500)) }, closed)
export const IdParams = Type.Object({ id: Text() }, closed)
export const Limit = Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })

export const ShadowFinding = Type.Object({
  check: Type.String(),
  code: Type.String(),
  expected: Type.String(),
  found: Type.String(),
})

export const AdminDevice = Type.Object({
  id: Type.String(),
  appId: Type.String(),
  trustDomain: Type.String(),
  status: Type.Enum([...deviceStatuses]),
  statusReason: Type.Union([Type.String(), Type.Null()]),
  statusChangedAt: Time,
  development: Type.Boolean(),
  assurance: Type.Enum([...assurances]),
  platform: Type.Enum([...platforms]),
  appVersion: Type.String(),
  model: Type.Union([Type.String(), Type.Null()]),
  osVersion: Type.Union([Type.String(), Type.Null()]),
  osPatchLevel: Type.Union([Type.String(), Type.Null()]),
  /** Which of these facts evidence proves; the others are what the phone says. */
  provenFacts: Type.Array(Type.Enum([...provableFacts])),
  /** The batch certificate that attested the key: SHA-256 of its SubjectPublicKeyInfo, base64url. */
  batch: Type.Union([Type.String(), Type.Null()]),
  /** Whose access token came with its enrolment: a name under identityProviders, and the subject there. */
  userProvider: Type.Union([Type.String(), Type.Null()]),
  userSubject: Type.Union([Type.String(), Type.Null()]),
  /** What the phone calls itself: a claim. */
  phoneId: Type.Union([Type.String(), Type.Null()]),
  /** The standard protocol that it enrolled by, and what it is known by where it is managed: a serial number, an UDID. */
  protocol: Type.Union([Type.String(), Type.Null()]),
  identifier: Type.Union([Type.String(), Type.Null()]),
  enrolledFrom: Type.Union([Type.String(), Type.Null()]),
  evidenceFormat: Type.Union([Type.String(), Type.Null()]),
  appraisedAt: Time,
  enrolledAt: Time,
  expiresAt: Time,
  /** What mode shadow let pass when its evidence was appraised. */
  shadow: Type.Array(ShadowFinding),
})
export type AdminDevice = Type.Static<typeof AdminDevice>

export const AdminCertificate = Type.Object({
  thumbprint: Type.String(),
  serial: Type.String(),
  deviceId: Type.String(),
  appId: Type.String(),
  status: Type.Enum([...certificateStatuses]),
  predecessor: Type.Union([Type.String(), Type.Null()]),
  successor: Type.Union([Type.String(), Type.Null()]),
  notBefore: Time,
  notAfter: Time,
  issuedAt: Time,
  usedAt: OptionalTime,
  /** PEM. */
  certificate: Type.String(),
})
export type AdminCertificate = Type.Static<typeof AdminCertificate>

export const DeviceQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum([...deviceStatuses])),
    appId: Type.Optional(Text(63)),
    /** Devices of this user, whichever provider knows them. */
    userSubject: Type.Optional(Text(255)),
    /** `nextCursor` of the page before. */
    cursor: Type.Optional(Text()),
    limit: Type.Optional(Limit),
  },
  closed,
)
export const DevicePage = Type.Object({
  devices: Type.Array(AdminDevice),
  nextCursor: Type.Optional(Type.String()),
})
export type DevicePage = Type.Static<typeof DevicePage>

/** The App Attest key that a device asserts with, and what Apple says of its phone. */
export const AdminAppAttestKey = Type.Object({
  /** base64, as Apple writes it. */
  keyId: Type.String(),
  environment: Type.Enum(['production', 'development']),
  /** About how many App Attest keys the phone made for the app in 30 days; null: nobody asked yet. */
  riskMetric: Type.Union([Type.Integer(), Type.Null()]),
  /** What was done about a metric that is too high. */
  riskEffect: Type.Union([Type.Enum(['notified', 'suspended']), Type.Null()]),
  /** When the receipt came that is kept. */
  receiptAt: OptionalTime,
  /** After it Apple gives no newer receipt. */
  receiptExpiresAt: OptionalTime,
  /** When the next is asked for, or later; null: never again. */
  receiptDueAt: OptionalTime,
  /** Why there is no newer receipt: a code. */
  receiptFault: Type.Union([Type.String(), Type.Null()]),
})
export type AdminAppAttestKey = Type.Static<typeof AdminAppAttestKey>

export const DeviceDetail = Type.Object({
  device: AdminDevice,
  /** What its current certificate rests on; null where no evidence was ever asked for. */
  appraisal: Type.Union([AdminAppraisal, Type.Null()]),
  /** null where it is none of App Attest. */
  appAttestKey: Type.Union([AdminAppAttestKey, Type.Null()]),
  /** Newest first. */
  certificates: Type.Array(AdminCertificate),
})
export type DeviceDetail = Type.Static<typeof DeviceDetail>

/** A status change, and its number in the feed. */
export const DeviceChange = Type.Object({ device: AdminDevice, seq: Type.Integer() })
export type DeviceChange = Type.Static<typeof DeviceChange>

export const CertificateChange = Type.Object({ certificate: AdminCertificate, seq: Type.Integer() })
export type CertificateChange = Type.Static<typeof CertificateChange>

export const ReceiptList = Type.Object({
  seq: Type.Integer(),
  at: Time,
  receipts: Type.Array(
    Type.Object({
      gateway: Type.String(),
      state: Type.Enum(['applied', 'snapshot', 'silent']),
      appliedAfterMs: Type.Optional(Type.Integer()),
      ended: Type.Optional(
        Type.Object({
          http1: Type.Integer(),
          http2: Type.Integer(),
          webSocket: Type.Integer(),
        }),
      ),
      lastSeenAt: OptionalTime,
    }),
  ),
})
export type ReceiptList = Type.Static<typeof ReceiptList>

export const MadeBy = Type.Union([Type.String(), Type.Null()], {
  description: 'The id of the admin token or session that it was made with, and ends with',
})

export const NewEnrollmentToken = Type.Object(
  {
    appId: Text(63),
    label: Type.Optional(Text()),
    /** Default: a day. */
    lifetimeSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 90 * 86_400 })),
  },
  closed,
)
export const AdminEnrollmentToken = Type.Object({
  id: Type.String(),
  appId: Type.String(),
  label: Type.String(),
  status: Type.Enum(['usable', 'used', 'expired', 'revoked']),
  createdAt: Time,
  createdBy: Type.String(),
  madeBy: MadeBy,
  expiresAt: Time,
  usedAt: OptionalTime,
  usedFor: Type.Union([Type.String(), Type.Null()]),
})
export type AdminEnrollmentToken = Type.Static<typeof AdminEnrollmentToken>
export const CreatedEnrollmentToken = Type.Object({
  enrollmentToken: AdminEnrollmentToken,
  /** The token itself: told once. */
  token: Type.String(),
})
export type CreatedEnrollmentToken = Type.Static<typeof CreatedEnrollmentToken>

export const AdminApproval = Type.Object({
  id: Type.String(),
  appId: Type.String(),
  status: Type.Enum(['pending', 'approved', 'denied', 'expired']),
  address: Type.String(),
  spkiSha256: Type.String(),
  assurance: Type.Enum([...assurances]),
  platform: Type.Enum([...platforms]),
  appVersion: Type.String(),
  model: Type.Union([Type.String(), Type.Null()]),
  /** What it is known by where it is managed: attested (ACME), or told by the MDM. */
  identifier: Type.Union([Type.String(), Type.Null()]),
  userProvider: Type.Union([Type.String(), Type.Null()]),
  userSubject: Type.Union([Type.String(), Type.Null()]),
  requestedAt: Time,
  expiresAt: Time,
  decidedAt: OptionalTime,
  decidedBy: Type.Union([Type.String(), Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()]),
  deviceId: Type.Union([Type.String(), Type.Null()]),
})
export type AdminApproval = Type.Static<typeof AdminApproval>

export const RevokeGateway = Type.Object(
  {
    ...Reason.properties,
    unknown: Type.Optional(
      Type.Boolean({ description: 'Also where no gateway of this name has called yet' }),
    ),
  },
  closed,
)
export const AdminGateway = Type.Object({
  name: Type.String(),
  status: Type.Enum(['active', 'revoked']),
  /** What follows the feed under this name: `gateway`, or `haproxy-agent`. */
  role: Type.String(),
  firstSeenAt: Time,
  lastSeenAt: OptionalTime,
  version: Type.Union([Type.String(), Type.Null()]),
  instance: Type.Union([Type.String(), Type.Null()]),
  /** The last change it applied, and how many have been made since. */
  seq: Type.Integer(),
  behind: Type.Integer(),
  /** Records that it could not report. */
  dropped: Type.Integer(),
  /** How many statuses it keeps from an epoch before. */
  unconfirmed: Type.Integer(),
  /** How old changes were when it had applied them, of the last thousand: milliseconds. Null: none yet. */
  applied: Type.Union([
    Type.Object({ changes: Type.Integer(), medianMs: Type.Integer(), p99Ms: Type.Integer() }),
    Type.Null(),
  ]),
})
export type AdminGateway = Type.Static<typeof AdminGateway>

/** A CA that issues device certificates. */
export const AdminIssuer = Type.Object({
  /** SHA-256 of its SubjectPublicKeyInfo, base64url. */
  id: Type.String(),
  ...TrustedIssuer.properties,
  /** Empty but where an app has several CAs of a kind. */
  lane: Type.String(),
  /** `retired`: believed, and issues no more. */
  status: Type.Enum(['active', 'retired', 'revoked']),
  notBefore: Time,
  notAfter: Time,
  /** It is announced before. The newest of its lane that has begun issues. */
  issuesFrom: Time,
})
export type AdminIssuer = Type.Static<typeof AdminIssuer>

/** A root, whose key may be anywhere. */
export const AdminRoot = Type.Object({
  kind: Type.Enum(['device', 'service', 'development']),
  /** PEM. */
  certificate: Type.String(),
})

/** A CA whose certificate is to come from a root that is kept elsewhere. */
export const AdminIssuerRequest = Type.Object({
  /** SHA-256 of its SubjectPublicKeyInfo, base64url. */
  id: Type.String(),
  kind: TrustedIssuer.properties.kind,
  appId: Type.String(),
  lane: Type.String(),
  trustDomain: Type.String(),
  /** PKCS#10, PEM. */
  request: Type.String(),
})
export type AdminIssuerRequest = Type.Static<typeof AdminIssuerRequest>
