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
const days = (fallback: number, maximum: number, description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum, default: fallback, description }))
const oneOf = <const T extends string[]>(values: T, fallback: T[number], description: string) =>
  Type.Optional(Type.Enum(values, { default: fallback, description }))

const EnrollmentSchema = Type.Object(
  {
    mode: oneOf(
      ['enforce', 'shadow'],
      'enforce',
      'shadow issues to whoever asks, records what would have refused, and certifies only what was proven',
    ),
    evidence: Type.Optional(
      Type.Array(Type.Enum(Object.keys(evidenceFormats)), {
        uniqueItems: true,
        default: [],
        description: 'Formats of evidence that are accepted; without any, devices are unattested',
      }),
    ),
    approval: oneOf(['none', 'required'], 'none', 'Whether an operator approves each device'),
    enrollmentToken: oneOf(
      ['none', 'optional', 'required'],
      'optional',
      'Whether a device brings a one-time token, made with `sallyport tokens create`',
    ),
  },
  { ...closed, default: {}, description: 'Who may enrol' },
)

const CertificateSchema = Type.Object(
  {
    lifetimeDays: days(7, 398, 'How long a certificate is valid'),
    graceDays: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 398,
        default: 30,
        description:
          'How long after its end a signature of the same key still renews a certificate',
      }),
    ),
    keyKinds: Type.Optional(
      Type.Array(Type.Enum([...keyKinds]), {
        minItems: 1,
        uniqueItems: true,
        default: ['ec-p256'],
        description: 'Kinds of device keys that are certified',
      }),
    ),
    maxAgeDays: days(90, 3_980, 'Evidence older than this is renewed with the certificate'),
    overlapMinutes: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1_440,
        default: 10,
        description:
          'How long a renewed certificate goes on beside its successor, for calls in flight',
      }),
    ),
    onFork: oneOf(
      ['notify', 'suspend', 'revoke'],
      'notify',
      'What happens to a device whose certificate two holders renew: someone copied it',
    ),
  },
  { ...closed, default: {}, description: 'What certificates are, and how they are renewed' },
)

export const AppSchema = Type.Object(
  {
    insecureDevelopmentDevices: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Enrols development devices, whose keys prove nothing, under the development root',
      }),
    ),
    enrollment: Type.Optional(EnrollmentSchema),
    certificate: Type.Optional(CertificateSchema),
  },
  closed,
)

/** Apps by their ids. */
export const AppsSchema = Type.Object(
  {},
  {
    additionalProperties: AppSchema,
    propertyNames: { pattern: appIdPattern },
    minProperties: 1,
    description: 'Your mobile apps, by an id of your choice that stands in every certificate',
  },
)
