import { type EvidenceFormat, evidenceFormats } from '@sallyport/attestation'
import { type Assurance, appIdPattern, assurances } from '@sallyport/wire'
import Type from 'typebox'
import { type AndroidAppConfig, AndroidAppSchema } from './android-app-config.ts'
import { type AppleAppConfig, AppleAppSchema } from './apple-app-config.ts'
import { type ProtocolsConfig, ProtocolsSchema } from '../protocols/protocols-config.ts'
import { type RevokedSerialPolicy, revokedSerialPolicies } from './attestation-config.ts'
import { type AllowedKeyKind, keyKinds } from './key-kinds.ts'
import { type LimitsConfig, LimitsSchema } from './limits-config.ts'
import { type RenewalKey, renewalKeyMember } from '../renewal/renewal-key.ts'
import { type UserConfig, UserSchema } from './user-config.ts'

/** How an app's devices enrol. */
export type EnrollmentConfig = {
  /** `shadow`: what would refuse is recorded, and the certificate says only what was proven. */
  mode: 'enforce' | 'shadow'
  /** The formats of evidence that are accepted. Empty: none is asked for, devices are unattested. */
  evidence: string[]
  /** Formats that come beside evidence: asked of the phones that can bring them. */
  signals: string[]
  /** `device`: another device of the user approves, where there is one. */
  approval: 'none' | 'required' | 'device'
  enrollmentToken: 'none' | 'optional' | 'required'
  /** Whether an enrolment comes over the TLS connection that its challenge was handed out on. */
  bindChallengeToConnection: boolean
  user: UserConfig
  limits: LimitsConfig
}

/** What an app's certificates are, and how they are renewed. */
export type CertificateConfig = {
  lifetimeDays: number
  /** How long after its end a certificate can be renewed by a signature of its key. */
  graceDays: number
  keyKinds: AllowedKeyKind[]
  /** What a renewal by the API of phones brings; EST and SCEP have their own. */
  renewalKey: RenewalKey
  /** How long a renewed certificate goes on beside its successor, so that no call in flight breaks. */
  overlapMinutes: number
  /** What happens to a device whose renewed certificate is renewed again with another key. */
  onFork: 'notify' | 'suspend' | 'revoke'
  /** Whether the status of certificates is told to gateways alone, or published for others as well. */
  revocation: 'feed' | 'published'
  /** `issued`: gateways are told which certificates were issued, and refuse any other. */
  status: 'ended' | 'issued'
}

/** What evidence of every format must come to, and how long it counts. */
export type AppAttestationConfig = {
  /** Evidence older than this is renewed with the certificate. */
  maxAgeDays: number
  minimumAssurance?: Assurance
  /** In place of that of `attestation.android`. */
  onRevokedSerial?: RevokedSerialPolicy
}

export type AppConfig = {
  /** Accepts development evidence, and issues under the development root. */
  insecureDevelopmentDevices: boolean
  android?: AndroidAppConfig
  apple?: AppleAppConfig
  attestation: AppAttestationConfig
  enrollment: EnrollmentConfig
  certificate: CertificateConfig
  protocols: ProtocolsConfig
}

const closed = { additionalProperties: false }
const days = (fallback: number, maximum: number, description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum, default: fallback, description }))
const oneOf = <const T extends string[]>(values: T, fallback: T[number], description: string) =>
  Type.Optional(Type.Enum(values, { default: fallback, description }))

const formatNames = (role: EvidenceFormat['role']) =>
  Object.values(evidenceFormats)
    .filter((format) => format.role === role)
    .map(({ name }) => name)

const EnrollmentSchema = Type.Object(
  {
    mode: oneOf(
      ['enforce', 'shadow'],
      'enforce',
      'shadow issues to whoever asks, records what would have refused, and certifies only what was proven',
    ),
    evidence: Type.Optional(
      Type.Array(Type.Enum(formatNames('evidence')), {
        uniqueItems: true,
        default: [],
        description: 'Formats of evidence that are accepted; without any, devices are unattested',
      }),
    ),
    signals: Type.Optional(
      Type.Array(Type.Enum(formatNames('signal')), {
        uniqueItems: true,
        default: [],
        description:
          'Formats that phones bring beside their evidence. play-integrity is asked of Android phones',
      }),
    ),
    approval: oneOf(
      ['none', 'required', 'device'],
      'none',
      'Who approves each device. required: an operator. device: another device of the same user, or an operator; the first device of a user needs nobody',
    ),
    enrollmentToken: oneOf(
      ['none', 'optional', 'required'],
      'optional',
      'Whether a device brings a one-time token, made with `sallyport tokens create`',
    ),
    bindChallengeToConnection: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'An enrolment comes over the TLS 1.3 connection that its challenge was handed out on, so that nobody relays the challenge',
      }),
    ),
    user: Type.Optional(UserSchema),
    limits: Type.Optional(LimitsSchema),
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
    ...renewalKeyMember,
    keyKinds: Type.Optional(
      Type.Array(Type.Enum([...keyKinds]), {
        minItems: 1,
        uniqueItems: true,
        default: ['ec-p256'],
        description: 'Kinds of device keys that are certified',
      }),
    ),
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
    revocation: oneOf(
      ['feed', 'published'],
      'feed',
      'Who is told of certificates that end. feed: gateways. published: whoever reads revocation lists or asks by OCSP, too, at the addresses that each certificate then has',
    ),
    status: oneOf(
      ['ended', 'issued'],
      'ended',
      'What gateways are told of certificates: which have ended, or also which were issued, so that one which a stolen CA key made is refused',
    ),
  },
  { ...closed, default: {}, description: 'What certificates are, and how they are renewed' },
)

const AppAttestationSchema = Type.Object(
  {
    maxAgeDays: days(30, 3_980, 'Evidence older than this is renewed with the certificate'),
    minimumAssurance: Type.Optional(
      Type.Enum(
        assurances.filter((assurance) => assurance !== 'unattested'),
        {
          description:
            'The least that evidence must prove. iPhones reach app-attested, or secure-enclave where they are managed',
        },
      ),
    ),
    onRevokedSerial: Type.Optional(
      Type.Enum([...revokedSerialPolicies], {
        description: 'In place of attestation.android.onRevokedSerial, for devices of this app',
      }),
    ),
  },
  {
    ...closed,
    default: {},
    description: 'What evidence must come to whatever its format, and how long it counts',
  },
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
    android: Type.Optional(AndroidAppSchema),
    apple: Type.Optional(AppleAppSchema),
    attestation: Type.Optional(AppAttestationSchema),
    enrollment: Type.Optional(EnrollmentSchema),
    certificate: Type.Optional(CertificateSchema),
    protocols: Type.Optional(ProtocolsSchema),
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
