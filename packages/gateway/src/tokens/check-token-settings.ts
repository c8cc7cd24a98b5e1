import type { GatewayConfig } from '../configuration/gateway-config.ts'
import type { ClientCertificateMode } from '../configuration/plan.ts'
import { type Binding, tokenDefaults, type TokenSettings } from './token-settings.ts'

/**
 * What no schema can say of `stages.token`, of a host or of its routes: that the providers it names are
 * there, and that a binding it demands can be proved on its host.
 *
 * @throws Problem `config_invalid` at its place
 */
export function checkTokenSettings(config: GatewayConfig): void {
  for (const [name, host] of Object.entries(config.value.gateway.hosts)) {
    const pointer = `/gateway/hosts/${name}`
    const { clientCertificate } = host
    checkOne(config, `${pointer}/stages/token`, host.stages?.['token'], clientCertificate)
    for (const [index, { stages }] of host.routes.entries()) {
      const at = `${pointer}/routes/${index}/stages/token`
      checkOne(config, at, stages?.['token'], clientCertificate)
    }
  }
}

function checkOne(
  config: GatewayConfig,
  pointer: string,
  given: unknown,
  clientCertificate: ClientCertificateMode,
): void {
  if (given === undefined) return
  // The schema of the stage was held against it.
  const settings = given as TokenSettings
  const known = Object.keys(config.value.identityProviders ?? {})
  const unknown = settings.providers?.find((provider) => !known.includes(provider))
  if (unknown !== undefined || known.length === 0) {
    throw config.problem(
      unknown === undefined ? pointer : `${pointer}/providers`,
      'nobody is configured whose tokens could be taken',
      {
        expected: `a name under identityProviders${known.length === 0 ? '' : `: ${known.join(', ')}`}`,
        found: unknown ?? 'no identityProviders',
      },
    )
  }
  checkAmbiguity(config, pointer, settings)
  const { binding = tokenDefaults.binding } = settings
  if (clientCertificate === 'off' && needsCertificate.has(binding)) {
    throw config.problem(`${pointer}/binding`, 'no client certificate is asked for on this host', {
      expected: 'clientCertificate: require, explain or optional; or binding: dpop',
      found: `binding: ${binding}, clientCertificate: off`,
    })
  }
}

// A token that does not say whose it is would have to be shown to providers that it is not of.
function checkAmbiguity(config: GatewayConfig, pointer: string, settings: TokenSettings): void {
  const asked = Object.entries(config.value.identityProviders ?? {})
    .filter(([name]) => settings.providers?.includes(name) !== false)
    .filter(([, { introspection }]) => introspection !== undefined)
  if (asked.length <= 1) return
  throw config.problem(pointer, 'an opaque token could be of several providers', {
    expected: 'providers with at most one that has introspection',
    found: asked.map(([name]) => name).join(', '),
  })
}

const needsCertificate: ReadonlySet<Binding> = new Set(['certificate', 'both'])
