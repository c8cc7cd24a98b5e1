import { createHash } from 'node:crypto'
import type { AddressPlan } from '../addresses/address-plan.ts'
import { checkAddressSettings } from '../addresses/check-address-settings.ts'
import { addressFiles, makeAddressPlan } from '../addresses/make-address-plan.ts'
import { checkTokenSettings } from '../tokens/check-token-settings.ts'
import { formatGatewayUri } from '@sallyport/pki'
import { decisionFiles, decisionsPlan } from '../decisions/make-decisions-plan.ts'
import type { AcmePlan } from '../acme/acme-plan.ts'
import type { UpstreamConfig } from '../forward/upstream-config.ts'
import {
  type AssertionKeysPlan,
  assertionKeysPlan,
  type KeySetPlan,
  keySetPlan,
} from './assertion-plan.ts'
import { acmePlans } from './certificate-plan.ts'
import { fileOf, type GatewayConfig } from './gateway-config.ts'
import { checkLimitsTogether } from './check-limits-together.ts'
import { checkListenersTogether } from './listener-overlap.ts'
import { hostPlan } from './host-plan.ts'
import { listenerFiles, makeListeners } from './make-listeners.ts'
import { identityProvidersOf } from './identity-providers.ts'
import { readFeedKeysFile } from './feed-keys-file.ts'
import { readCaFile, readKeyPair, readNamedBytes } from './pem-files.ts'
import { counterFiles, countersPlan } from './redis-plan.ts'
import type { Plan } from './plan.ts'

/** What the gateway shows and believes when it dials its authority. PEM, but for the keys of the feed. */
export type AuthorityCredentials = {
  readonly url: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
  /** A JWK Set; undefined where the first answer is to be trusted. */
  readonly feedKeys: string | undefined
}

export type MadePlan = {
  readonly plan: Plan
  readonly authority: AuthorityCredentials
  readonly addresses: AddressPlan
  /** What ticket keys are derived from, where gateways share them. */
  readonly ticketSecret: Uint8Array | undefined
  /** Undefined where no upstream is told who calls in a signed assertion. */
  readonly assertionKeys: AssertionKeysPlan | undefined
  readonly keySet: KeySetPlan | undefined
  readonly acme: readonly AcmePlan[]
  /** Every file that it was made of, absolute. */
  readonly files: readonly string[]
}

/**
 * Checks what a schema cannot, and reads the files that the configuration names.
 *
 * @throws Problem `config_invalid` at its place in the file; `config_unreadable`
 */
export function makePlan(config: GatewayConfig): MadePlan {
  const { gateway } = config.value
  checkOrder(config)
  checkListenersTogether(config)
  checkTokenSettings(config)
  checkAddressSettings(config)
  if (gateway.defaultHost !== undefined && !Object.hasOwn(gateway.hosts, gateway.defaultHost)) {
    throw config.problem('/gateway/defaultHost', 'there is no such host', {
      expected: `one of ${Object.keys(gateway.hosts).join(', ')}`,
      found: gateway.defaultHost,
    })
  }
  const plan: Plan = {
    gatewayUri: gatewayUri(config),
    minVersion: gateway.tls.minVersion,
    listeners: makeListeners(config),
    hosts: Object.entries(gateway.hosts).map(([name, host]) => hostPlan(config, name, host)),
    defaultHost: gateway.defaultHost,
    upstreams: Object.fromEntries(
      Object.entries(gateway.upstreams).map(([name, upstream]) => [
        name,
        checkedUpstream(config, `/gateway/upstreams/${name}`, upstream),
      ]),
    ),
    identityProviders: identityProvidersOf(config),
    access: { roles: gateway.access?.roles ?? {} },
    decisions:
      gateway.decisions === undefined ? undefined : decisionsPlan(config, gateway.decisions),
    status: gateway.status,
    limits: gateway.limits,
    counters: countersPlan(config),
    allowDevelopment: gateway.insecureDevelopmentDevices,
    accessLog: gateway.accessLog.path !== 'off',
    closesBlockedConnections: gateway.addresses.closeConnections,
  }
  checkLimitsTogether(config, plan.hosts)
  const { url, caFile, feedKeysFile } = gateway.authority
  const authority = {
    url,
    ca: readCaFile(config, { pointer: '/gateway/authority/caFile', file: caFile }),
    ...readKeyPair(config, '/gateway/authority', gateway.authority),
    feedKeys: feedKeysFile === undefined ? undefined : readFeedKeysFile(config, feedKeysFile),
  }
  return {
    plan,
    authority,
    ticketSecret: readTicketSecret(config),
    assertionKeys: assertionKeysPlan(config),
    keySet: keySetPlan(config),
    addresses: makeAddressPlan(config),
    acme: acmePlans(config),
    files: filesOf(config),
  }
}

/** Every file that a configuration is made of, itself included, absolute. */
export function filesOf(config: GatewayConfig): string[] {
  const { authority, decisions, hosts, upstreams, ticketSecretFile } = config.value.gateway
  const { assertionKeys, keySet, acme } = config.value.gateway
  const providers = Object.values(config.value.identityProviders ?? {})
  const named = [
    ticketSecretFile,
    ...counterFiles(config),
    ...(decisions === undefined ? [] : decisionFiles(decisions)),
    ...providers.map(({ jwksFile }) => jwksFile),
    ...(assertionKeys.files ?? []),
    keySet?.certificateFile,
    keySet?.keyFile,
    ...Object.values(acme).flatMap(({ caFile, externalAccount }) => [
      caFile,
      externalAccount?.hmacKeyFile,
    ]),
    authority.caFile,
    authority.feedKeysFile,
    authority.certificateFile,
    authority.keyFile,
    ...Object.values(hosts).flatMap(({ certificate, trust = [] }) => [
      certificate.certificateFile,
      certificate.keyFile,
      ...trust.map(({ caFile }) => caFile),
    ]),
    ...Object.values(upstreams).flatMap(({ caFile, certificateFile, keyFile }) => [
      caFile,
      certificateFile,
      keyFile,
    ]),
  ]
  const files = named.flatMap((file) => (file === undefined ? [] : [fileOf(config, file)]))
  const all = [...files, ...addressFiles(config), ...listenerFiles(config)]
  return [...new Set(config.path === undefined ? all : [config.path, ...all])]
}

function gatewayUri(config: GatewayConfig): string {
  const { trustDomain, gateway } = config.value
  try {
    return formatGatewayUri({ trustDomain, name: gateway.name })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw config.problem('/gateway/name', 'no certificate can name a gateway so', {
      expected: 'a DNS label in lower case, as wallet-1',
      found: gateway.name,
    })
  }
}

const minimumSecretBytes = 32

function readTicketSecret(config: GatewayConfig): Uint8Array | undefined {
  const { ticketSecretFile } = config.value.gateway
  if (ticketSecretFile === undefined) return undefined
  const pointer = '/gateway/ticketSecretFile'
  const secret = readNamedBytes(config, { pointer, file: ticketSecretFile })
  if (secret.length >= minimumSecretBytes) return createHash('sha256').update(secret).digest()
  throw config.problem(pointer, 'the secret is too short', {
    expected: `at least ${minimumSecretBytes} random bytes`,
    found: `${secret.length} bytes`,
  })
}

function checkOrder(config: GatewayConfig): void {
  const { warnAfterSeconds, sensitiveAfterSeconds, stopAfterSeconds } = config.value.gateway.status
  if (warnAfterSeconds <= sensitiveAfterSeconds && sensitiveAfterSeconds <= stopAfterSeconds) return
  throw config.problem('/gateway/status', 'the limits are out of order', {
    expected: 'warnAfterSeconds ≤ sensitiveAfterSeconds ≤ stopAfterSeconds',
    found: `${warnAfterSeconds}, ${sensitiveAfterSeconds}, ${stopAfterSeconds}`,
  })
}

/** With absolute paths; the files are read by each worker. */
function checkedUpstream(
  config: GatewayConfig,
  pointer: string,
  upstream: UpstreamConfig,
): UpstreamConfig {
  const { caFile, certificateFile, keyFile } = upstream
  if (caFile !== undefined) readCaFile(config, { pointer: `${pointer}/caFile`, file: caFile })
  if (certificateFile !== undefined && keyFile !== undefined) {
    readKeyPair(config, pointer, { certificateFile, keyFile })
  } else if (certificateFile !== keyFile) {
    throw config.problem(pointer, 'one of certificateFile and keyFile is missing')
  }
  const absolute = { ...upstream }
  for (const member of ['caFile', 'certificateFile', 'keyFile'] as const) {
    const file = upstream[member]
    if (file !== undefined) absolute[member] = fileOf(config, file)
  }
  return absolute
}
