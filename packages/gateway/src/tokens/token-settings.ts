import type { WhenAway } from '@sallyport/token/verify'
import type Type from 'typebox'
import type { TSchema } from 'typebox'
import type { StageSettings } from '../pipeline/stage.ts'

/**
 * How a token must be bound to its bearer. A token that is bound must hold in every case but `none`, which
 * takes none that is; what differs is whether one that is bound to nothing will do.
 */
export const bindings = ['none', 'optional', 'certificate', 'dpop', 'any', 'both'] as const
export type Binding = (typeof bindings)[number]

/** Whether a token may be bound to an earlier certificate of the same device. */
export const certificateBindings = ['strict', 'lineage'] as const
export type CertificateBinding = (typeof certificateBindings)[number]

/** `validate` leaves it to the service behind the gateway to remember which proofs were used. */
export const dpopModes = ['consume', 'validate'] as const
export const dpopNonces = ['required', 'optional', 'off'] as const

export type DpopSettings = {
  readonly mode?: (typeof dpopModes)[number]
  readonly nonce?: (typeof dpopNonces)[number]
  readonly algorithms?: readonly string[]
  readonly windowSeconds?: number
  readonly publicOrigin?: string
}

/** `stages.token` of a route. Defaults: `tokenDefaults`. */
export type TokenSettings = StageSettings & {
  readonly required?: boolean
  readonly providers?: readonly string[]
  readonly binding?: Binding
  readonly certificateBinding?: CertificateBinding
  readonly overlapMinutes?: number
  readonly dpop?: DpopSettings
  readonly acr?: readonly string[]
  readonly maxAgeSeconds?: number
  readonly whenProviderAway?: WhenAway
  readonly forwardToken?: 'keep' | 'strip'
}

/**
 * What is in force where a route says nothing. The overlap is that of an app by default (10 minutes), and
 * the 5 by which certificates are backdated.
 */
export const tokenDefaults = {
  required: true,
  binding: 'optional',
  certificateBinding: 'lineage',
  overlapMinutes: 15,
  whenProviderAway: 'refuse',
  forwardToken: 'keep',
} as const
export const dpopDefaults = {
  mode: 'consume',
  nonce: 'required',
  algorithms: ['ES256', 'ES384', 'PS256', 'EdDSA', 'Ed25519'],
  windowSeconds: 60,
} as const

const closed = { additionalProperties: false }

/** The members of `stages.token` but `mode`. */
export function tokenSettingsSchema(type: typeof Type): Record<string, TSchema> {
  return {
    required: type.Optional(
      type.Boolean({
        default: tokenDefaults.required,
        description: 'Whether a request without a token is refused',
      }),
    ),
    providers: type.Optional(
      type.Array(type.String({ maxLength: 63 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Names under identityProviders; by default all of them count',
      }),
    ),
    binding: type.Optional(
      type.Enum([...bindings], {
        default: tokenDefaults.binding,
        description:
          'To what a token must be bound: optional takes unbound ones too; certificate, dpop, any of the two, or both; none takes only unbound ones',
      }),
    ),
    certificateBinding: type.Optional(
      type.Enum([...certificateBindings], {
        default: tokenDefaults.certificateBinding,
        description:
          'lineage: a token bound to an earlier certificate of the same device goes on after a renewal; strict: it ends with it',
      }),
    ),
    overlapMinutes: type.Optional(
      type.Integer({
        minimum: 5,
        maximum: 1_445,
        default: tokenDefaults.overlapMinutes,
        description:
          'How long after the present certificate begins a token may still have been issued to an earlier one: certificate.overlapMinutes of the app, and 5',
      }),
    ),
    dpop: type.Optional(type.Object(dpopMembers(type), { ...closed, description: 'RFC 9449' })),
    acr: type.Optional(
      type.Array(type.String({ pattern: '^[!#-\\[\\]-~]{1,200}$' }), {
        minItems: 1,
        maxItems: 20,
        description: 'How the user must have signed in: one of these is the claim acr (RFC 9470)',
      }),
    ),
    maxAgeSeconds: type.Optional(
      type.Integer({
        minimum: 1,
        maximum: 31_536_000,
        description: 'How long ago at most the user signed in, by the claim auth_time',
      }),
    ),
    whenProviderAway: type.Optional(
      type.Union(
        [
          type.Literal('refuse'),
          type.Object(
            {
              useCachedSeconds: type.Integer({
                minimum: 1,
                maximum: 86_400,
                description: 'How long ago at most the provider called the token active',
              }),
            },
            closed,
          ),
        ],
        {
          default: tokenDefaults.whenProviderAway,
          description:
            'What becomes of tokens that the provider would have to be asked about, while it cannot be',
        },
      ),
    ),
    forwardToken: type.Optional(
      type.Enum(['keep', 'strip'], {
        default: tokenDefaults.forwardToken,
        description: 'Whether the service gets the headers Authorization and DPoP',
      }),
    ),
  }
}

function dpopMembers(type: typeof Type): Record<string, TSchema> {
  return {
    mode: type.Optional(
      type.Enum([...dpopModes], {
        default: dpopDefaults.mode,
        description:
          'consume: each proof counts once, here; validate: the service behind remembers them',
      }),
    ),
    nonce: type.Optional(
      type.Enum([...dpopNonces], {
        default: dpopDefaults.nonce,
        description:
          'required: proofs need a nonce, and clocks of devices do not matter; optional: of devices alone whose clock is off; off: none is given',
      }),
    ),
    algorithms: type.Optional(
      type.Array(
        type.Enum(['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA', 'Ed25519']),
        {
          minItems: 1,
          uniqueItems: true,
          default: [...dpopDefaults.algorithms],
          description: 'What proofs may be signed with',
        },
      ),
    ),
    windowSeconds: type.Optional(
      type.Integer({
        minimum: 10,
        maximum: 600,
        default: dpopDefaults.windowSeconds,
        description: 'How far from now the time of a proof without a nonce may be',
      }),
    ),
    publicOrigin: type.Optional(
      type.String({
        pattern: '^https?://[^/?#@\\s]+$',
        maxLength: 300,
        description:
          'As clients know this API, where that is another origin than https and the host: https://api.example.com',
      }),
    ),
  }
}
