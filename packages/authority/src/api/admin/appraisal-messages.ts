import { assurances, platforms } from '@sallyport/wire'
import Type from 'typebox'

// Appraisals as the admin API tells them, and the report over them.

const closed = { additionalProperties: false }
const Time = Type.String({ format: 'date-time' })
const OptionalText = Type.Union([Type.String(), Type.Null()])

/** A check that failed: of a format, `none` where no evidence came. */
export const FailedCheck = Type.Object({
  format: Type.String(),
  name: Type.String(),
  code: Type.String(),
})
export type FailedCheck = Type.Static<typeof FailedCheck>

/** An attestation result, field by field. Bytes are lower-case hex. */
export const AdminAttestationResult = Type.Object({
  format: Type.String(),
  accepted: Type.Boolean(),
  assurance: Type.Enum([...assurances]),
  development: Type.Boolean(),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      outcome: Type.Enum(['passed', 'failed', 'unchecked']),
      code: OptionalText,
      expected: Type.String(),
      found: Type.String(),
    }),
  ),
  /** Everything that was parsed. Empty for what was refused. */
  claims: Type.Object({}, { additionalProperties: true }),
  /** What was proven, apart from the assurance. */
  facts: Type.Object({}, { additionalProperties: true }),
})
export type AdminAttestationResult = Type.Static<typeof AdminAttestationResult>

export const appraisalOutcomes = ['accepted', 'shadowed', 'refused'] as const

export const AdminAppraisal = Type.Object({
  id: Type.String(),
  at: Time,
  appId: Type.String(),
  /** Null where nothing was issued. */
  deviceId: OptionalText,
  purpose: Type.Enum(['enroll', 'renew']),
  /** `none`: no evidence came. */
  format: Type.String(),
  mode: Type.Enum(['enforce', 'shadow']),
  /** `shadowed`: something would have refused it. */
  outcome: Type.Enum([...appraisalOutcomes]),
  assurance: Type.Enum([...assurances]),
  platform: Type.Enum([...platforms]),
  model: OptionalText,
  osVersion: OptionalText,
  osPatchLevel: OptionalText,
  appVersion: Type.String(),
  failed: Type.Array(FailedCheck),
  /** Of the evidence, then of the signals beside it. Empty once another appraisal took its place. */
  results: Type.Array(AdminAttestationResult),
  address: Type.String(),
  requestId: Type.String(),
  /** Whether `…/evidence` has what was sent. */
  hasEvidence: Type.Boolean(),
})
export type AdminAppraisal = Type.Static<typeof AdminAppraisal>

/** GET /admin/v1/devices/:id/appraisals: newest first. */
export const AppraisalList = Type.Object({
  appraisals: Type.Array(AdminAppraisal),
  nextCursor: Type.Optional(Type.String()),
})
export type AppraisalList = Type.Static<typeof AppraisalList>

const AnyEvidence = Type.Object({ format: Type.String() }, { additionalProperties: true })

/** GET /admin/v1/appraisals/:id/evidence: as the phone sent it. */
export const AppraisedEvidence = Type.Object({
  /** The challenge that it answered and the key that it is about: base64url, DER SubjectPublicKeyInfo. */
  challenge: Type.String(),
  spki: Type.String(),
  evidence: Type.Optional(AnyEvidence),
  signals: Type.Optional(Type.Array(AnyEvidence)),
})
export type AppraisedEvidence = Type.Static<typeof AppraisedEvidence>

/** GET /admin/v1/attestation/report */
export const ReportQuery = Type.Object(
  {
    appId: Type.Optional(Type.String({ maxLength: 63 })),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90, default: 30 })),
    /** Default: both. */
    purpose: Type.Optional(Type.Enum(['enroll', 'renew'])),
    /** Names in each list. */
    top: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 20 })),
  },
  closed,
)

/** How appraisals came out. In mode enforce none is `wouldBeRefused`, but for signals in mode shadow. */
const counts = {
  appraised: Type.Integer(),
  accepted: Type.Integer(),
  wouldBeRefused: Type.Integer(),
  refused: Type.Integer(),
}
/** `name`: null where it is not known. */
const NamedCounts = Type.Object({ name: OptionalText, ...counts })

export const AttestationReport = Type.Object({
  appId: OptionalText,
  since: Time,
  until: Time,
  totals: Type.Object(counts),
  /** Each appraisal counts under every check that it failed. Most lost first, as in the other lists. */
  byCheck: Type.Array(
    Type.Object({
      ...FailedCheck.properties,
      wouldBeRefused: Type.Integer(),
      refused: Type.Integer(),
    }),
  ),
  byModel: Type.Array(NamedCounts),
  /** As `android 16`; the platform alone where the version is not known. */
  byOsVersion: Type.Array(NamedCounts),
  byAppVersion: Type.Array(NamedCounts),
  /** There were more appraisals in this time than are counted: the newest are. */
  isTruncated: Type.Boolean(),
})
export type AttestationReport = Type.Static<typeof AttestationReport>
