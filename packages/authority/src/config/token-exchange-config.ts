import { configProblem } from '@sallyport/problem'
import Type from 'typebox'

/** How tokens of one identity provider become tokens that are bound to a device. */
export type TokenExchangeConfig = {
  issuer: string
  audience: string
  lifetimeMinutes: number
  /** Without it: all apps. */
  apps?: string[]
}

const closed = { additionalProperties: false }

/** By the name of a provider: each is an issuer of its own, since subjects are unique within one alone. */
export const TokenExchangeSchema = Type.Object(
  {},
  {
    default: {},
    description:
      'Whose tokens devices exchange, at first use, for tokens bound to their certificate (RFC 8693): names under identityProviders',
    additionalProperties: Type.Object(
      {
        issuer: Type.String({
          pattern: '^https://[^\\s?#@]+$',
          maxLength: 1_000,
          description:
            'The claim iss of the tokens that are given out. Gateways have an identity provider of this issuer, with the keys at /device/v1/jwks',
        }),
        audience: Type.String({
          minLength: 1,
          maxLength: 1_000,
          description: 'Their claim aud: the name of your API',
        }),
        lifetimeMinutes: Type.Optional(
          Type.Number({
            minimum: 1,
            maximum: 1_440,
            default: 10,
            description: 'How long they live, at most as long as what they were given for',
          }),
        ),
        apps: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
            minItems: 1,
            uniqueItems: true,
            description: 'For whose devices (default: every app)',
          }),
        ),
      },
      closed,
    ),
  },
)

type Checked = {
  tokenExchange: Readonly<Record<string, TokenExchangeConfig>>
  identityProviders: Readonly<Record<string, { issuer: string }>>
  apps: Readonly<Record<string, unknown>>
}

/**
 * What the schema cannot say.
 *
 * @throws Problem `config_invalid`
 */
export function checkTokenExchange({ tokenExchange, identityProviders, apps }: Checked): void {
  // An entry under identityProviders may have it: gateways believe the exchanged tokens by one.
  const issuers = new Set(Object.keys(tokenExchange).map((name) => identityProviders[name]?.issuer))
  for (const [provider, exchange] of Object.entries(tokenExchange)) {
    const path = ['authority', 'tokenExchange', provider]
    if (!Object.hasOwn(identityProviders, provider)) {
      throw configProblem('config_invalid', path, 'it is not under identityProviders', {
        expected: Object.keys(identityProviders).join(', ') || 'none is configured',
        found: provider,
      })
    }
    const unknown = exchange.apps?.find((appId) => !Object.hasOwn(apps, appId))
    if (unknown !== undefined) {
      throw configProblem('config_invalid', [...path, 'apps'], 'there is no such app', {
        expected: Object.keys(apps).join(', '),
        found: unknown,
      })
    }
    if (issuers.has(exchange.issuer)) {
      throw configProblem('config_invalid', [...path, 'issuer'], 'another one has this issuer', {
        expected: 'an issuer of its own: one of the same name could sign for its users',
        found: exchange.issuer,
      })
    }
    issuers.add(exchange.issuer)
  }
}
