import Type from 'typebox'
import { purposes } from './device-api.ts'
import { appIdPattern, assurances, platforms } from './device-identity.ts'

const Base64url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength })
const AppId = Type.String({ pattern: appIdPattern })
const Time = Type.String({ format: 'date-time', maxLength: 40 })
const closed = { additionalProperties: false }

/** POST /device/v1/challenges. Nothing is written until the challenge is used. */
export const ChallengeRequest = Type.Object(
  { appId: AppId, purpose: Type.Enum([...purposes]) },
  closed,
)
export type ChallengeRequest = Type.Static<typeof ChallengeRequest>

export const ChallengeResponse = Type.Object({
  /** 32 bytes in base64url: 12 random, 4 expiry (seconds since 1970, big endian), 16 of MAC. */
  challenge: Base64url(43),
  expiresAt: Time,
  serverTime: Time,
})
export type ChallengeResponse = Type.Static<typeof ChallengeResponse>

/**
 * Evidence (RFC 9334): a format of the table of formats, and what that format needs. Bounded here,
 * validated by the entry of its format.
 */
export const Evidence = Type.Object({
  format: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
})
export type Evidence = Type.Static<typeof Evidence> & { readonly [member: string]: unknown }

const aboutTheApp = {
  appVersion: Type.String({ pattern: '^[0-9A-Za-z.+_-]{1,40}$' }),
  platform: Type.Enum([...platforms]),
  /** Security patch level of the operating system as the app reads it: `2026-11-01` or `27.1`. */
  osPatchLevel: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z.-]{1,20}$' })),
  /** As the app reads it: `16`, `27.1`. */
  osVersion: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z.-]{1,20}$' })),
  /** As the app reads it: `Pixel 9a`, `iPhone17,3`. */
  deviceModel: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z ,._()+/-]{1,60}$' })),
}

/** Evidence of other formats beside the evidence itself, such as a Play Integrity token. */
const Signals = Type.Array(Evidence, { maxItems: 2 })

/**
 * POST /device/v1/certificates. Where policy asks for a user, an access token stands in the header
 * `Authorization: Bearer`. Sent again with the same challenge and key: the same answer.
 */
export const EnrollmentRequest = Type.Object(
  {
    appId: AppId,
    challenge: Base64url(64),
    /** PKCS#10, DER, base64url. Only its public key is used. */
    csr: Base64url(16_384),
    evidence: Type.Optional(Evidence),
    signals: Type.Optional(Signals),
    /**
     * What the phone calls itself over reinstalls of the app. With the access token of the user whose
     * device had it before, that device is superseded; alone it does nothing.
     */
    phoneId: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{8,100}$' })),
    enrollmentToken: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' })),
    ...aboutTheApp,
  },
  closed,
)
export type EnrollmentRequest = Type.Static<typeof EnrollmentRequest>

/**
 * POST /device/v1/renewals. Over mutual TLS with the current certificate; or, within the grace
 * period, without it: then `challenge`, `certificate` and `proof` are all there.
 */
export const RenewalRequest = Type.Object(
  {
    csr: Base64url(16_384),
    evidence: Type.Optional(Evidence),
    signals: Type.Optional(Signals),
    challenge: Type.Optional(Base64url(64)),
    /** The certificate that is renewed: DER, base64url. */
    certificate: Type.Optional(Base64url(16_384)),
    /** Signature by the key of that certificate over `renewalProofBase`: DER ECDSA or PKCS#1, SHA-256. */
    proof: Type.Optional(Base64url(2_048)),
    ...aboutTheApp,
  },
  closed,
)
export type RenewalRequest = Type.Static<typeof RenewalRequest>

/** 201 to an enrolment or renewal. */
export const IssuedCertificate = Type.Object({
  deviceId: Type.String(),
  assurance: Type.Enum([...assurances]),
  /** DER in base64url, the device's certificate first, then its issuing CA. */
  certificates: Type.Array(Type.String(), { minItems: 1 }),
  notAfter: Time,
  /** From when to renew. Clients add up to a tenth of the remaining life as jitter. */
  renewAfter: Time,
  /** Until when the expired certificate can still be renewed by a signature of its key. */
  graceUntil: Time,
  serverTime: Time,
  /**
   * https origin at which the device had better call with its certificate. What it serves is served where it
   * enrolled as well.
   */
  mtlsUrl: Type.Optional(Type.String({ pattern: '^https://[^/?#@\\s]+$' })),
})
export type IssuedCertificate = Type.Static<typeof IssuedCertificate>

/** 202 to an enrolment: someone must approve it. Send the same request again after `retryAfterSeconds`. */
export const PendingEnrollment = Type.Object({
  status: Type.Literal('pending'),
  approvalId: Type.String(),
  retryAfterSeconds: Type.Integer(),
  serverTime: Time,
})
export type PendingEnrollment = Type.Static<typeof PendingEnrollment>

/** GET /device/v1/me, over mutual TLS. */
export const DeviceSelf = Type.Object({
  deviceId: Type.String(),
  appId: Type.String(),
  assurance: Type.Enum([...assurances]),
  status: Type.String(),
  notAfter: Time,
  renewAfter: Time,
  graceUntil: Time,
  serverTime: Time,
})
export type DeviceSelf = Type.Static<typeof DeviceSelf>

/**
 * GET /device/v1/me/devices, over mutual TLS: the devices of the caller's user in its app, active and
 * suspended, newest first. A device that enrolled without a user is alone.
 */
export const UserDevices = Type.Object({
  devices: Type.Array(
    Type.Object({
      deviceId: Type.String(),
      /** As the phone says, or as its evidence proves. */
      model: Type.Optional(Type.String()),
      platform: Type.Enum([...platforms]),
      status: Type.Enum(['active', 'suspended']),
      enrolledAt: Time,
      /** Whether it is the device that asks. */
      current: Type.Boolean(),
    }),
    { maxItems: 1_000 },
  ),
  serverTime: Time,
})
export type UserDevices = Type.Static<typeof UserDevices>

/**
 * DELETE /device/v1/me/devices/{id}, over mutual TLS: ends the caller itself, or another device of its user, whose
 * access token then stands in the header Authorization: Bearer. Ending it again changes nothing.
 */
export const EndedDevice = Type.Object({
  deviceId: Type.String(),
  /** Of the device that calls itself `superseded`: it has left, and may come back as another one. */
  status: Type.Union([Type.Literal('revoked'), Type.Literal('superseded')]),
  serverTime: Time,
})
export type EndedDevice = Type.Static<typeof EndedDevice>

/**
 * GET /device/v1/approvals, over mutual TLS: what waits for the word of another device of this user in
 * this app, oldest first.
 */
export const UserApprovals = Type.Object({
  approvals: Type.Array(
    Type.Object({
      approvalId: Type.String(),
      model: Type.Optional(Type.String()),
      platform: Type.Enum([...platforms]),
      appVersion: Type.String(),
      /** Where it asks from. */
      address: Type.String(),
      /** Devices of this user that it claims to be a new installation of: they end when it is approved. */
      replaces: Type.Array(Type.String()),
      requestedAt: Time,
      expiresAt: Time,
    }),
    { maxItems: 1_000 },
  ),
  serverTime: Time,
})
export type UserApprovals = Type.Static<typeof UserApprovals>

/** POST /device/v1/approvals/{id}, over mutual TLS. Deciding the same again changes nothing. */
export const ApprovalDecision = Type.Object({ decision: Type.Enum(['approve', 'deny']) }, closed)
export type ApprovalDecision = Type.Static<typeof ApprovalDecision>

export const DecidedApproval = Type.Object({
  approvalId: Type.String(),
  status: Type.Enum(['approved', 'denied']),
  serverTime: Time,
})
export type DecidedApproval = Type.Static<typeof DecidedApproval>

/**
 * POST /device/v1/diagnose: why a gateway would refuse this certificate, for a phone whose handshake
 * failed. The answer holds public faces only.
 */
export const DiagnoseRequest = Type.Object(
  { certificate: Type.Optional(Base64url(16_384)), deviceTime: Type.Optional(Time) },
  closed,
)
export type DiagnoseRequest = Type.Static<typeof DiagnoseRequest>

export const Diagnosis = Type.Object({
  ok: Type.Boolean(),
  code: Type.Optional(Type.String()),
  title: Type.Optional(Type.String()),
  action: Type.Optional(Type.String()),
  serverTime: Time,
  /** Server time less the time that the device sent. */
  clockOffsetMs: Type.Optional(Type.Integer()),
})
export type Diagnosis = Type.Static<typeof Diagnosis>
