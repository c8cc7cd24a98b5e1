import { composeSchema } from '@sallyport/config'
import Type from 'typebox'

/** Where a pinned key stands in the chain. `backup` stands in none yet. */
export const pinRoles = ['leaf', 'intermediate', 'root', 'backup'] as const
export type PinRole = (typeof pinRoles)[number]

/** Which names below a host its pins hold for: the host alone, one label more, or any number of labels. */
export const subdomainDepths = ['none', 'one', 'any'] as const
export type SubdomainDepth = (typeof subdomainDepths)[number]

/** A calendar date; no platform takes a time of day. */
const date = (description: string) =>
  Type.String({ format: 'date', description: `${description}, as yyyy-MM-dd` })

const pin = Type.Object(
  {
    role: Type.Enum([...pinRoles], { description: 'Where its key stands in the chain' }),
    for: Type.Optional(
      Type.Enum(['leaf', 'intermediate', 'root'], {
        description: 'A backup: what it will stand for once it is used (default: leaf)',
      }),
    ),
    sha256: Type.Optional(
      Type.String({ description: 'SHA-256 of the public key (DER SubjectPublicKeyInfo), base64' }),
    ),
    certificate: Type.Optional(
      Type.String({ description: 'A file with the whole certificate, DER or PEM' }),
    ),
    subject: Type.Optional(Type.String({ description: 'Whose key it is, for people' })),
    key: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9-]{1,40}$',
        description: 'Its kind, such as rsa-3072: not every platform takes each',
      }),
    ),
    notAfter: Type.Optional(date('When the certificate ends that the pin was taken from')),
  },
  { additionalProperties: false },
)

const host = Type.Object(
  {
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 443 }),
    subdomains: Type.Enum([...subdomainDepths], {
      default: 'none',
      description: 'Names below it that the pins hold for: none, one label, or any depth',
    }),
    enforcement: Type.Enum(['enforce', 'report'], {
      default: 'enforce',
      description: 'Whether a connection without a pinned key is refused, or only reported',
    }),
    compare: Type.Enum(['key', 'certificate'], {
      default: 'key',
      description: 'Whether public keys are compared, or whole certificates that the app carries',
    }),
    expires: Type.Optional(date('From this day on (UTC) the pins of a build hold no more')),
    ats: Type.Optional(
      Type.Enum(['leaf', 'ca'], {
        description: 'Which pins App Transport Security is given: it demands both where both stand',
      }),
    ),
    allowWithoutBackup: Type.Boolean({
      default: false,
      description:
        'Take a set with no backup, or with one pin. It locks users out on the day of a change',
    }),
    authorities: Type.Array(Type.String(), {
      default: [],
      maxItems: 16,
      description: 'Files with certificates of a private CA that servers do not send',
    }),
    pins: Type.Array(pin, { minItems: 1, maxItems: 64 }),
  },
  { additionalProperties: false },
)

const days = (description: string, fallback: number) =>
  Type.Integer({ minimum: 0, maximum: 3_650, default: fallback, description })

/** The shape of `pins.yaml`. */
export const pinsSchema = composeSchema([
  {
    key: 'release',
    schema: Type.Object(
      {
        everyDays: days('How often a build is released', 14),
        adoptionDays: days('How long until enough installs have a build', 60),
        warnDays: days('How long before a date it is warned of', 30),
      },
      {
        additionalProperties: false,
        default: {},
        description: 'How fast a pin comes to phones',
      },
    ),
    required: true,
  },
  {
    key: 'hosts',
    // What a name is, `hostNameFault` tells better than a pattern.
    schema: Type.Record(Type.String(), host, { description: 'Pinned hosts, by name' }),
    required: true,
  },
])

export type PinEntry = {
  readonly role: PinRole
  readonly for?: Exclude<PinRole, 'backup'>
  readonly sha256?: string
  readonly certificate?: string
  readonly subject?: string
  readonly key?: string
  readonly notAfter?: string
}

export type HostEntry = {
  readonly port: number
  readonly subdomains: SubdomainDepth
  readonly enforcement: 'enforce' | 'report'
  readonly compare: 'key' | 'certificate'
  readonly expires?: string
  readonly ats?: 'leaf' | 'ca'
  readonly allowWithoutBackup: boolean
  readonly authorities: readonly string[]
  readonly pins: readonly PinEntry[]
}

export type PinsValue = {
  readonly release: {
    readonly everyDays: number
    readonly adoptionDays: number
    readonly warnDays: number
  }
  readonly hosts: Readonly<Record<string, HostEntry>>
}
