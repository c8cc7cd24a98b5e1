import { appIdPattern } from '@sallyport/wire'
import Type from 'typebox'
import { evidenceFormats } from '../evidence/formats.ts'

const keyKinds = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const
export type AllowedKeyKind = (typeof keyKinds)[number]

/** How an app's devices enrol. */
export type EnrollmentConfig = {
  /** `shadow`: what would refuse is recorded, and the certificate says only what was proven. */
  mode: 'enforce' | 'shadow'
  /** The formats of evidence that are accepted. Empty: none is asked for, devices are unattested. */
  evidence: string[]
  approval: 'none' | 'required'
  enrollmentToken: 'none' | 'optional' | 'required'
}

/** What an app's certificates are, and how they are renewed. */
export type CertificateConfig = {
  lifetimeDays: number
  /** How long after its end a certificate can be renewed by a signature of its key. */
  graceDays: number
  keyKinds: AllowedKeyKind[]
  /** Evidence older than this is renewed with the certificate. */
  maxAgeDays: number
  /** How long a renewed certificate goes on beside its successor, so that no call in flight breaks. */
  overlapMinutes: number
  /** What happens to a device whose renewed certificate is renewed again with another key. */
  onFork: 'notify' | 'suspend' | 'revoke'
}

export type AppConfig = {
  /** Accepts development evidence, and issues under the development root. */
  insecureDevelopmentDevices: boolean
  enrollment: EnrollmentConfig
  certificate: CertificateConfig
}

const closed = { additionalProperties: false }
const days = (fallback: number, maximum: number) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum, default: fallback }))
const oneOf = <const T extends string[]>(values: T, fallback: T[number]) =>
  Type.Optional(Type.Enum(values, { default: fallback }))

const EnrollmentSchema = Type.Object(
  {
    mode: oneOf(['enforce', 'shadow'], 'enforce'),
    evidence: Type.Optional(
      Type.Array(Type.Enum(Object.keys(evidenceFormats)), { uniqueItems: true, default: [] }),
    ),
    approval: oneOf(['none', 'required'], 'none'),
    enrollmentToken: oneOf(['none', 'optional', 'required'], 'optional'),
  },
  { ...closed, default: {} },
)

const CertificateSchema = Type.Object(
  {
    lifetimeDays: days(7, 398),
    graceDays: Type.Optional(Type.Number({ minimum: 0, maximum: 398, default: 30 })),
    keyKinds: Type.Optional(
      Type.Array(Type.Enum([...keyKinds]), {
        minItems: 1,
        uniqueItems: true,
        default: ['ec-p256'],
      }),
    ),
    maxAgeDays: days(90, 3_980),
    overlapMinutes: Type.Optional(Type.Number({ minimum: 0, maximum: 1_440, default: 10 })),
    onFork: oneOf(['notify', 'suspend', 'revoke'], 'notify'),
  },
  { ...closed, default: {} },
)

export const AppSchema = Type.Object(
  {
    insecureDevelopmentDevices: Type.Optional(Type.Boolean({ default: false })),
    enrollment: Type.Optional(EnrollmentSchema),
    certificate: Type.Optional(CertificateSchema),
  },
  closed,
)

/** Apps by their ids. */
export const AppsSchema = Type.Object(
  {},
  { additionalProperties: AppSchema, propertyNames: { pattern: appIdPattern }, minProperties: 1 },
)
