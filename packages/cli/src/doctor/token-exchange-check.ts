import type { DoctorCheck, Finding } from './finding.ts'

type Exchange = { readonly issuer: string; readonly audience: string }
type Provider = { readonly issuer: string; readonly audience: string }
type Value = {
  readonly authority?: { readonly tokenExchange?: Readonly<Record<string, Exchange>> }
  readonly gateway?: unknown
  readonly identityProviders?: Readonly<Record<string, Provider>>
}

/** Whether gateways believe the tokens that the authority gives in exchange: each issuer is a provider of its own. */
export const tokenExchangeCheck: DoctorCheck = {
  name: 'token exchange',
  examine: ({ file }) => {
    const value = file.value as Value
    const exchanges = Object.entries(value.authority?.tokenExchange ?? {})
    return exchanges.map(([provider, exchange]) => findingOf(provider, exchange, value))
  },
}

function findingOf(
  provider: string,
  { issuer, audience }: Exchange,
  { gateway, identityProviders = {} }: Value,
): Finding {
  const finding = { check: 'token exchange', what: `what tokens of ${provider} are exchanged for` }
  const own = Object.entries(identityProviders).find(([, each]) => each.issuer === issuer)
  const [name, believed] = own ?? []
  const entry = `identityProviders.devices of gateways: { issuer: ${issuer}, audience: ${audience}, algorithms: [ES256] } and jwksUrl, /device/v1/jwks of the device listener`
  if (believed === undefined) {
    if (gateway === undefined) {
      const found =
        'are believed where gateways have a provider of this issuer, which stands in their own file'
      return { ...finding, verdict: 'ok', found: `${found}: ${entry}` }
    }
    const found = `are refused by the gateway: it has no identity provider of the issuer ${issuer}`
    const fix = `Add ${entry}; name it under stages.token.providers of routes that take these tokens: docs/guide/sessions.md.`
    return { ...finding, verdict: 'fail', found, fix }
  }
  if (believed.audience !== audience) {
    const found = `are refused: they are for ${audience}, and identityProviders.${name} expects ${believed.audience}`
    const fix = `Make authority.tokenExchange.${provider}.audience and identityProviders.${name}.audience the same.`
    return { ...finding, verdict: 'fail', found, fix }
  }
  return { ...finding, verdict: 'ok', found: `are believed by identityProviders.${name}` }
}
