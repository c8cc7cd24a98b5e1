import Type from 'typebox'

/** What is kept of people, and for how long. */
export type PrivacyConfig = {
  /** What users are stored as. */
  users: 'hashed' | 'plain'
  /** When addresses are truncated: a time as `30d` or `12h`, or `never`. */
  addressesAfter: string
}

export const defaultPrivacy: PrivacyConfig = { users: 'hashed', addressesAfter: '30d' }

const hourMs = 3_600_000
const units: Readonly<Record<string, number>> = { h: hourMs, d: 24 * hourMs }

export const PrivacySchema = Type.Object(
  {
    users: Type.Optional(
      Type.Enum(['hashed', 'plain'], {
        default: defaultPrivacy.users,
        description:
          'What users are stored as: hashed with a key that the signer has, or in plain text. What was hashed stays so',
      }),
    ),
    addressesAfter: Type.Optional(
      Type.String({
        // From what limits count over, two days, to what no row is kept for.
        pattern: '^(?:never|(?:[2-9]|[1-9]\\d{1,3})d|(?:4[89]|[5-9]\\d|[1-9]\\d{2,4})h)$',
        default: defaultPrivacy.addressesAfter,
        description:
          'When addresses are truncated to their network (IPv4 /24, IPv6 /48): 30d, 72h, at least two days; or never',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What is kept of people, and for how long',
    default: {},
  },
)

/** Milliseconds; undefined: never. */
export function addressesAfterMs({ addressesAfter }: PrivacyConfig): number | undefined {
  const [, count, unit = ''] = /^(\d+)([dh])$/.exec(addressesAfter) ?? []
  const unitMs = units[unit]
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs
}
