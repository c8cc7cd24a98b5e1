import Type from 'typebox'
import { outgoingUrl } from './outgoing-url.ts'
import { type ReceiptsConfig, ReceiptsSchema } from './receipts-config.ts'

/** What happens to the devices whose attestation chain holds a certificate that the status list names. */
export const revokedSerialPolicies = ['notify', 'suspend', 'revoke'] as const
export type RevokedSerialPolicy = (typeof revokedSerialPolicies)[number]

/** A URL in this place: nothing is fetched. */
export const notFetched = 'off'

/** What evidence is judged by, and how it is kept fresh. Paths are relative to the file. */
export type AttestationConfig = {
  /** Last good copies of what was fetched. */
  directory: string
  refreshMinutes: number
  android: {
    /** `off`: the roots that are built in are all there are. */
    rootsUrl: string
    /** `off`: there is none, but what a snapshot brings. */
    statusListUrl: string
    /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
    rootKeys: string[]
    statusListMaxAgeHours: number
    whenTooOld: 'refuse' | 'allow'
    onRevokedSerial: RevokedSerialPolicy
  }
  apple: { receipts: ReceiptsConfig[] }
  /** For hosts without internet. */
  snapshot?: { file: string; publicKeyFile: string }
  /** PEM files. Evidence that ends there proves nothing outside development. */
  insecureDevelopmentRoots: string[]
}

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const url = (fallback: string, description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 2_048,
      pattern: `^(?:${notFetched}|${outgoingUrl})$`,
      default: fallback,
      description,
    }),
  )

/** Where Google publishes. */
export const googleUrls = {
  roots: 'https://android.googleapis.com/attestation/root',
  statusList: 'https://android.googleapis.com/attestation/status',
} as const

/** Google's RSA key, and the ECDSA P-384 key that phones provisioned since 2026 end at. */
export const googleRootKeys = [
  'feb2ea7551ee316ed4bb443c8293b884dbfdea40b603ee3e4f4a897e4580fbae',
  '3ee44512a1af2beb39c889490c60ea3f82e43f5d5a5532f5ab9419f676cd07ec',
] as const

const rootKeyForm = 'SHA-256 of a SubjectPublicKeyInfo in lower-case hex, without colons'

const AndroidSchema = Type.Object(
  {
    rootsUrl: url(
      googleUrls.roots,
      'Where the roots of Android Key Attestation are published; only those of rootKeys are trusted. off: nothing is fetched',
    ),
    statusListUrl: url(
      googleUrls.statusList,
      'Where the list of attestation keys that are no longer good is published. off: nothing is fetched',
    ),
    rootKeys: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$', description: rootKeyForm }), {
        minItems: 1,
        maxItems: 32,
        uniqueItems: true,
        default: [...googleRootKeys],
        description: 'The root keys that are trusted: SHA-256 of each SubjectPublicKeyInfo, hex',
      }),
    ),
    statusListMaxAgeHours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 8_760,
        default: 72,
        description: 'A status list that was fetched longer ago counts as too old',
      }),
    ),
    whenTooOld: Type.Optional(
      Type.Enum(['refuse', 'allow'], {
        default: 'refuse',
        description:
          'What evidence that is held against the list comes to while the list is too old, or there is none',
      }),
    ),
    onRevokedSerial: Type.Optional(
      Type.Enum([...revokedSerialPolicies], {
        default: 'suspend',
        description:
          'What happens to enrolled devices when the list names a certificate of their chain. revoke: one that is listed as SUSPENDED, which may be lifted, suspends them',
      }),
    ),
  },
  { ...closed, default: {}, description: 'Android Key Attestation' },
)

export const AttestationSchema = Type.Object(
  {
    directory: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        default: 'state/attestation',
        description: 'Where the last good copies of what was fetched lie',
      }),
    ),
    refreshMinutes: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 1_440,
        default: 60,
        description:
          'How often roots and status list are fetched, and the snapshot is read. A max-age that the server states is waited for, up to four times this',
      }),
    ),
    android: Type.Optional(AndroidSchema),
    apple: Type.Optional(
      Type.Object(
        { receipts: ReceiptsSchema },
        { ...closed, default: {}, description: 'Apple App Attest' },
      ),
    ),
    snapshot: Type.Optional(
      Type.Object(
        {
          file: file('As `sallyport attestation snapshot` writes it'),
          publicKeyFile: file('PEM: the Ed25519 or P-256 public key that it is signed with'),
        },
        {
          ...closed,
          description:
            'For hosts without internet: roots and status list come from a signed file, nothing is fetched',
        },
      ),
    ),
    insecureDevelopmentRoots: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
        maxItems: 16,
        default: [],
        description:
          'PEM files of roots that evidence of development devices may end at, for apps with insecureDevelopmentDevices alone',
      }),
    ),
  },
  {
    ...closed,
    default: {},
    description: 'What evidence is judged by (roots, status list), and how it is kept fresh',
  },
)
