import { deviceStatuses } from '@sallyport/wire'
import Type from 'typebox'
import { revokedSerialPolicies } from '../../config/attestation-config.ts'
import { riskPolicies } from '../../config/receipts-config.ts'
import { Limit, Time } from './messages.ts'

const closed = { additionalProperties: false }
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' })

const document = {
  /** Where the one in use came from; null: there is none. `store`: its copy on disk was lost. */
  source: orNull(Type.Enum(['fetch', 'snapshot', 'store'])),
  /** Where it is fetched from; null: it is not. */
  url: orNull(Type.String()),
  sha256: orNull(Digest),
  fetchedAt: orNull(Time),
  ageSeconds: orNull(Type.Integer()),
  attemptedAt: orNull(Time),
  /** When an attempt last brought it, or that it had not changed. */
  heldAt: orNull(Time),
  nextAttemptAt: orNull(Time),
}

const Root = Type.Object({
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  spkiSha256: Type.String(),
  subject: orNull(Type.String()),
  trusted: Type.Boolean(),
  /** null: nothing was published to this authority yet. */
  published: orNull(Type.Boolean()),
})

/** The receipts of a team's App Attest keys, at one of Apple's two hosts. */
const Receipts = Type.Object({
  teamId: Type.String(),
  environment: Type.Enum(['production', 'development']),
  url: Type.String(),
  /** Receipts that wait for their turn, and since when the first of them does. */
  due: Type.Integer(),
  dueSince: orNull(Time),
  /** null: there is none, nothing is a risk. */
  maxRiskMetric: orNull(Type.Integer()),
  onRisk: Type.Enum([...riskPolicies]),
  /** Devices whose phone made more App Attest keys than that. */
  atRisk: Type.Integer(),
  /** When Apple last answered as it should. */
  answeredAt: orNull(Time),
  /** Nothing is asked before. */
  nextAttemptAt: orNull(Time),
})

/** Roots and status list: what is in use, how old it is, and what is wrong. */
export const AttestationStatus = Type.Object({
  /** Whether they are asked for: an app takes such evidence, or a device rests on it. */
  needed: Type.Boolean(),
  takesSnapshot: Type.Boolean(),
  statusList: Type.Object({
    ...document,
    entries: orNull(Type.Integer()),
    maxAgeSeconds: Type.Integer(),
    tooOld: Type.Boolean(),
    whenTooOld: Type.Enum(['refuse', 'allow']),
    /** One that was fetched and is not believed. */
    doubted: orNull(Type.Object({ sha256: Digest, entries: Type.Integer(), fetchedAt: Time })),
  }),
  roots: Type.Object({
    ...document,
    pinned: Type.Array(Root),
    /** Published, and never trusted. */
    unpinned: Type.Array(Root),
    /** Of evidence that proves nothing outside development. */
    development: Type.Array(Root),
  }),
  devices: Type.Object({
    onRevokedSerial: Type.Enum([...revokedSerialPolicies]),
    /** Devices that rest on a listed key, and those of them for which policy was not carried out yet. */
    listed: Type.Integer(),
    waiting: Type.Integer(),
    /** Suspended for a key that left the list: only an operator resumes them. */
    lifted: Type.Integer(),
    sweptAt: orNull(Time),
    sweepMs: orNull(Type.Integer()),
  }),
  /** By team and host; empty where no receipts are refreshed. */
  receipts: Type.Array(Receipts),
  problems: Type.Array(
    Type.Object({
      code: Type.String(),
      about: Type.Enum(['statusList', 'roots', 'snapshot', 'receipts']),
      title: Type.String(),
      detail: Type.String(),
      fix: Type.String(),
      since: Time,
    }),
  ),
})
export type AttestationStatus = Type.Static<typeof AttestationStatus>

export const RefreshAttestation = Type.Object({}, closed)
export const AcceptStatusList = Type.Object({ sha256: Digest }, closed)

export const ListedDeviceQuery = Type.Object(
  {
    /** `lifted`: suspended for a key that is not listed any more. Default: listed. */
    state: Type.Optional(Type.Enum(['listed', 'lifted'], { default: 'listed' })),
    /** `nextCursor` of the page before. */
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Limit),
  },
  closed,
)
export const ListedDevicePage = Type.Object({
  devices: Type.Array(
    Type.Object({
      deviceId: Type.String(),
      appId: Type.String(),
      status: Type.Enum([...deviceStatuses]),
      statusReason: orNull(Type.String()),
      /** Of a certificate in its attestation chain, hex. */
      serial: Type.String(),
      /** As the list says; null: it is not listed any more. */
      listed: orNull(Type.String()),
      handledAt: orNull(Time),
    }),
  ),
  nextCursor: Type.Optional(Type.String()),
})
export type ListedDevicePage = Type.Static<typeof ListedDevicePage>
