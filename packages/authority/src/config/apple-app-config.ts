import Type from 'typebox'

/** What is asked of devices under management. */
export type ManagedDevicesConfig = {
  serialNumbers?: string[]
  udids?: string[]
  minimumOsVersion?: string
  requireSecureBoot: boolean
}

/** An app's iOS builds, and what is asked of the devices that they run on. */
export type AppleAppConfig = {
  /** Absent only where managed devices alone enrol. */
  teamId?: string
  bundleIds: string[]
  environments: ('production' | 'development')[]
  validationCategories?: number[]
  managedDevices?: ManagedDevicesConfig
}

const closed = { additionalProperties: false }
const identifiers = (pattern: string, description: string) =>
  Type.Optional(
    Type.Array(Type.String({ pattern }), {
      minItems: 1,
      maxItems: 100_000,
      uniqueItems: true,
      description,
    }),
  )

const ManagedDevicesSchema = Type.Object(
  {
    serialNumbers: identifiers('^[A-Z0-9]{8,20}$', 'The devices that enrol, by serial number'),
    udids: identifiers('^[0-9A-Fa-f-]{25,40}$', 'The devices that enrol, by UDID'),
    minimumOsVersion: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,3}(?:\\.[0-9]{1,3}){0,2}$',
        description: 'The oldest version of the system that enrols, as 18.2',
      }),
    ),
    requireSecureBoot: Type.Optional(
      Type.Boolean({
        default: true,
        description: 'Refuses Macs without full security of boot and System Integrity Protection',
      }),
    ),
  },
  { ...closed, description: 'What is asked of Managed Device Attestation' },
)

export const AppleAppSchema = Type.Object(
  {
    teamId: Type.Optional(
      Type.String({
        pattern: '^[A-Z0-9]{10}$',
        description: 'The team of the developer account: ten capital letters and digits',
      }),
    ),
    bundleIds: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$' }), {
        uniqueItems: true,
        default: [],
        description: 'Bundle ids of the app, without the team',
      }),
    ),
    environments: Type.Optional(
      Type.Array(Type.Enum(['production', 'development']), {
        minItems: 1,
        uniqueItems: true,
        default: ['production'],
        description:
          'Environments of App Attest. development: builds from Xcode, for apps with insecureDevelopmentDevices alone',
      }),
    ),
    validationCategories: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'apple_validation_category_01, where the phone tells it: one of these',
      }),
    ),
    managedDevices: Type.Optional(ManagedDevicesSchema),
  },
  { ...closed, description: 'The iOS builds of the app, and what is asked of their devices' },
)
