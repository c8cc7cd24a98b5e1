import { assurances, platforms } from '@sallyport/wire'
import type Type from 'typebox'
import type { TSchema } from 'typebox'
import type { StageSettings } from '../pipeline/stage.ts'
import { maxConditionCharacters } from './cel/compile-condition.ts'
import type { DeviceConditionSettings } from './device-conditions.ts'
import type { ParameterSettings } from './parameter-condition.ts'
import { days, type TimeWindow } from './time-window.ts'
import type { RoleSettings } from './user-conditions.ts'

/** Who may use a route: whoever some rule allows. */
export type AccessSettings = StageSettings & {
  /** Missing in mode `off` alone: a route may be free of what its host demands. */
  readonly rules?: readonly RuleSettings[]
}

/** All of its conditions must hold. */
export type RuleSettings = {
  readonly name: string
  readonly scopes?: readonly string[]
  readonly roles?: RoleSettings
  readonly permissions?: readonly string[]
  /** By name in the path. */
  readonly parameters?: Readonly<Record<string, ParameterSettings>>
  readonly device?: DeviceConditionSettings
  readonly during?: TimeWindow
  /** CEL. */
  readonly when?: string
}

export const maxRules = 20

const closed = { additionalProperties: false }
const version = '^[0-9A-Za-z.+_-]{1,40}$'

/** The members of `stages.access`. */
export function accessMembers(type: typeof Type): Record<string, TSchema> {
  const Names = (description: string, pattern = '^[^\\s\\u0000-\\u001f\\u007f]{1,200}$') =>
    type.Array(type.String({ pattern }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description,
    })
  // Names of roles come from directories of people: there are spaces in them.
  const roleName = '^[^\\u0000-\\u001f\\u007f]{1,200}$'
  const Source = (description: string) =>
    type.Optional(type.String({ minLength: 1, maxLength: 300, description }))
  const Rule = type.Object(
    {
      name: type.String({
        pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
        description: 'In decisions, logs and traces',
      }),
      scopes: type.Optional(
        // RFC 6749 §3.3.
        Names('All of them, of the access token', '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,200}$'),
      ),
      roles: type.Optional(
        type.Union(
          [
            Names('Any of them', roleName),
            type.Object(
              {
                any: type.Optional(Names('Any of them', roleName)),
                all: type.Optional(Names('All of them', roleName)),
              },
              { ...closed, minProperties: 1 },
            ),
          ],
          { description: 'A list is any of them' },
        ),
      ),
      permissions: type.Optional(
        Names('All of them: of the roles of the user, and of the token', roleName),
      ),
      parameters: type.Optional(
        type.Record(
          type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,62}$' }),
          type.Object(
            {
              in: Source('Is one of a list: claims.accounts'),
              equals: Source('Is this: claims.customer, user.subject, device.id'),
            },
            { ...closed, minProperties: 1, maxProperties: 1 },
          ),
          {
            ...closed,
            minProperties: 1,
            description:
              'By name in the path: {in: claims.accounts}, {equals: user.subject} or {equals: device.id}',
          },
        ),
      ),
      device: type.Optional(deviceMembers(type)),
      during: type.Optional(windowMembers(type)),
      when: type.Optional(
        type.String({
          minLength: 1,
          maxLength: maxConditionCharacters,
          description: 'A condition in CEL over user, device, request and now',
        }),
      ),
    },
    { ...closed, description: 'Allows what all of its conditions hold for' },
  )
  return {
    rules: type.Optional(
      type.Array(Rule, {
        minItems: 1,
        maxItems: maxRules,
        description: 'The first that holds allows the request; where none does, it is refused',
      }),
    ),
  }
}

function deviceMembers(type: typeof Type): TSchema {
  return type.Object(
    {
      apps: type.Optional(
        type.Array(type.String({ maxLength: 63 }), { minItems: 1, description: 'Ids of apps' }),
      ),
      platforms: type.Optional(
        type.Array(type.Enum([...platforms]), {
          minItems: 1,
          description: 'Any of them',
        }),
      ),
      minimumAppVersion: type.Optional(
        type.String({ pattern: version, description: 'As of the last renewal' }),
      ),
      minimumAssurance: type.Optional(
        type.Enum([...assurances], { description: 'What must be proven of its key' }),
      ),
      minimumPatchLevel: type.Optional(
        type.String({
          pattern: '^[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?$',
          description: 'Of Android, as 2026-09-05: of other phones no certificate tells',
        }),
      ),
      maxAttestationAgeHours: type.Optional(
        type.Integer({
          minimum: 1,
          maximum: 87_600,
          description: 'How long ago evidence may last have been appraised',
        }),
      ),
      minimumAgeHours: type.Optional(
        type.Integer({
          minimum: 1,
          maximum: 87_600,
          description:
            'How long ago the device must have enrolled: a new phone waits for large sums',
        }),
      ),
    },
    {
      ...closed,
      description: 'What the certificate of the device must say; {} is any known device',
    },
  )
}

function windowMembers(type: typeof Type): TSchema {
  const Clock = (pattern: string, description: string) =>
    type.Optional(type.String({ pattern, description }))
  return type.Object(
    {
      days: type.Optional(
        type.Array(type.Enum([...days]), { minItems: 1, description: 'By default all' }),
      ),
      from: Clock('^(?:[01][0-9]|2[0-3]):[0-5][0-9]$', 'HH:MM, included'),
      to: Clock('^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$', 'HH:MM, excluded'),
      timeZone: type.String({ maxLength: 64, description: 'IANA, as Europe/Berlin' }),
    },
    { ...closed, description: 'By the clocks of that place; to before from is over midnight' },
  )
}
