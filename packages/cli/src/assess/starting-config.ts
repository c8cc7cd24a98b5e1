import { existsSync } from 'node:fs'
import type { Answers } from '../init/answers.ts'
import { type ProductionParts, productionConfig } from '../init/production-config.ts'
import { productionLayout } from '../init/production-layout.ts'
import { yamlText } from '../init/yaml-text.ts'
import type { Situation } from './questions.ts'
import type { Shape } from './verdict.ts'

/**
 * A `sallyport.yaml` to begin with: that of `sallyport init`, with the hosts, stages and enrolment of a shape.
 * It stands in the folder that `init` filled, whose files it names.
 *
 * @param directory of the file. Where `init` left a passphrase in it, the file names that.
 */
export function startingConfig(
  shape: Shape,
  situation: Situation,
  names: Answers,
  directory: string,
): string {
  const layout = productionLayout(directory)
  return productionConfig(names, layout, existsSync(layout.passphraseFile), {
    enrollment: enrollmentOf(shape, situation),
    hosts: hostsOf(shape, situation, names),
    ...(hasForeignClients(situation) ? { gateway: acme } : {}),
    ...(needsProvider(shape) ? { sections: providerOf(names) } : {}),
  } satisfies ProductionParts)
}

/** Browsers and programs of others believe public CAs alone. */
function hasForeignClients({ clients }: Situation): boolean {
  return clients !== 'app-only' && clients !== 'not-sure'
}

function needsProvider({ appTokens, otherHost }: Shape): boolean {
  return appTokens || otherHost
}

const acme = `  acme:
    # Naming it agrees to the CA's terms. Port 443 of the host must lead to the gateway.
    letsencrypt:
      directoryUrl: https://acme-v02.api.letsencrypt.org/directory
      challenge: tls-alpn-01
`

function providerOf({ trustDomain, apiHost }: Answers): string {
  return `
# Your provider: docs/guide/provider-recipes.md
identityProviders:
  main:
    issuer: https://id.${trustDomain}
    audience: https://${apiHost}
`
}

function enrollmentOf({ devices }: Shape, { fleet, mdm, users }: Situation): string {
  const closed = `      enrollmentToken: required
`
  if (devices === 'none') {
    return `      # No phone needs a certificate. Without a token of an administrator none can have one.
${closed}`
  }
  const token =
    mdm === 'all' || mdm === 'some'
      ? '      # One token a phone, which the MDM puts into its managed configuration.\n'
      : '      # One token a phone, until evidence is asked for; then: none.\n'
  const user =
    users === 'unbound'
      ? '      user: { mode: required, provider: main }\n'
      : users === 'bound'
        ? '      # user: { mode: required, provider: main } takes tokens that are bound to no key alone.\n'
        : ''
  return `${fleet === 'unattestable' ? unproven : evidence}${token}${closed}${user}`
}

const unproven = `      # Keys of these phones prove nothing: a person says yes to each, with sallyport approve.
      approval: required
`

const evidence = `      # What phones prove of their keys. Fill in your builds, and watch before you enforce:
      # docs/guide/attestation.md#from-shadow-to-enforce
      # evidence: [android-key, apple-app-attest]
`

function hostsOf(shape: Shape, situation: Situation, names: Answers): string {
  const app = appHost(shape, situation, names)
  return shape.otherHost ? `${app}${otherHost(shape, situation, names)}` : app
}

function appHost(shape: Shape, situation: Situation, { apiHost }: Answers): string {
  const { devices, shadowFirst, appTokens } = shape
  // Until everybody shows a certificate, a host that watches takes either answer.
  const asks =
    devices === 'none' ? 'off' : devices === 'some-routes' || shadowFirst ? 'optional' : 'explain'
  const certificate =
    devices === 'none' && hasForeignClients(situation)
      ? '{ acme: letsencrypt }'
      : '{ certificateFile: certificates/api.crt, keyFile: certificates/api.key }'
  const token = appTokens ? tokenStage(shape, situation) : ''
  const limits = [
    devices === 'none'
      ? ''
      : '            - { name: per-device, key: device, limit: 600, per: 1m }\n',
    appTokens ? '            - { name: per-user, key: user, limit: 600, per: 1m }\n' : '',
    addressLimit(devices !== 'none', situation),
  ].join('')
  const device = devices === 'all-routes' && shadowFirst ? deviceStage(shape, '        ') : ''
  return `${edgeNote(devices, situation)}    ${yamlText(apiHost)}:
${asksNote[asks]}      clientCertificate: ${asks}
      certificate: ${certificate}
      stages:
${device}${token}        limits:
          mode: ${mode(shape)}
          rules:
${limits}      routes:
${devices === 'some-routes' ? sensitiveRoute(shape) : ''}        - match: { path: '/*' }
          upstream: api
`
}

const asksNote = {
  off: '      # No certificate is asked for: tokens decide.\n',
  optional: '      # A phone may show a certificate; routes say where it must.\n',
  explain:
    '      # Without a good certificate the only answer is the reason, so that the app can act on it.\n',
} as const

function edgeNote(devices: Shape['devices'], { edge }: Situation): string {
  if (devices === 'none') return ''
  if (edge === 'opaque') {
    return '    # This name leads straight to the gateway, beside the CDN.\n'
  }
  if (edge === 'forwards') {
    return '    # gateway.listen has to say which proxy is believed: docs/guide/behind-a-proxy.md\n'
  }
  return ''
}

function mode({ shadowFirst }: Shape): 'shadow' | 'enforce' {
  return shadowFirst ? 'shadow' : 'enforce'
}

/**
 * High, for carriers put thousands of phones behind one address. None where a proxy ends TLS: everybody has
 * its address until the file says which proxy is believed.
 */
function addressLimit(isBesideTheEdge: boolean, { edge }: Situation): string {
  return edge === 'direct' || (edge === 'opaque' && isBesideTheEdge)
    ? '            - { name: per-address, key: address, limit: 20000, per: 1m }\n'
    : '            # By address as well, once gateway.listen says whose word on it counts: docs/guide/behind-a-proxy.md\n'
}

function deviceStage(shape: Shape, indent: string): string {
  return `${indent}device: { mode: ${mode(shape)}, required: true }\n`
}

/** A token is demanded to be bound only where its provider can bind it. */
function tokenStage(shape: Shape, { users }: Situation): string {
  const bound = shape.devices === 'none' ? 'dpop' : 'any'
  const binding = users === 'bound' ? bound : 'optional'
  const watched = shape.shadowFirst
    ? '        # In shadow services go on verifying tokens themselves.\n'
    : ''
  return `${watched}        token: { mode: ${mode(shape)}, binding: ${binding} }\n`
}

function sensitiveRoute(shape: Shape): string {
  return `        # What must be out of reach of a stolen token: name its paths.
        - match: { path: '/v1/payments/*' }
          upstream: api
          sensitive: true
          stages:
${deviceStage(shape, '            ')}`
}

function otherHost(shape: Shape, situation: Situation, { trustDomain }: Answers): string {
  const { clients, users } = situation
  const name = clients === 'third-parties' ? 'partners' : 'web'
  const binding = users === 'bound' ? 'dpop' : 'optional'
  return `    # For clients without a certificate. Let it reach only what they need: stages.access
    ${name}.${trustDomain}:
      clientCertificate: off
      certificate: { acme: letsencrypt }
      stages:
        token: { mode: ${mode(shape)}, binding: ${binding} }
        limits:
          mode: ${mode(shape)}
          rules:
            - { name: per-user, key: user, limit: 600, per: 1m }
${addressLimit(false, situation)}      routes:
        - match: { path: '/*' }
          upstream: api
`
}
