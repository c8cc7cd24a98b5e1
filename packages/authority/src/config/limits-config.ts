import Type from 'typebox'

/** How many devices enrol within a time, before the next one is asked to wait. */
export type LimitsConfig = {
  perAddressPerHour: number
  failuresPerAddressPerHour: number
  perUserPerDay: number
  perBatchPerDay: { remote: number; factory: number }
}

const bound = (fallback: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: fallback, description }))

/**
 * A phone enrols once and renews from then on: renewals count nowhere. Carriers put some thousands of
 * phones behind one IPv4 address, of which the busiest hour of a release brings a part; an IPv6 /64 is
 * one phone, or one household. A factory batch certificate is in 100,000 phones or more, a remotely
 * provisioned one in one phone, for one app.
 */
export const LimitsSchema = Type.Object(
  {
    perAddressPerHour: bound(1_000, 'Devices that enrol from one IPv4 address, or one IPv6 /64'),
    failuresPerAddressPerHour: bound(
      600,
      'Refused enrolments from one address, before it is asked to wait; counted by each authority for itself',
    ),
    perUserPerDay: bound(10, 'Devices that one user enrols, or asks approval for'),
    perBatchPerDay: Type.Optional(
      Type.Object(
        {
          remote: bound(20, 'For certificates that were provisioned remotely, to one phone'),
          factory: bound(10_000, 'For certificates that a whole batch of phones was built with'),
        },
        {
          additionalProperties: false,
          default: {},
          description: 'Devices whose keys one attestation certificate vouches for',
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'How many devices may enrol within a time. In mode shadow more are only recorded',
  },
)
