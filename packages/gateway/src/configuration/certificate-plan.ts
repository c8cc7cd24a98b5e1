import type { AcmePlan } from '../acme/acme-plan.ts'
import type { KeyPairPem } from '../certificates/credentials.ts'
import { addressOf, type GatewayConfig } from './gateway-config.ts'
import { readCaFile, readKeyPair, readNamedBytes } from './pem-files.ts'
import type { GatewaySettings } from './section.ts'

/** When a host staples OCSP responses: `auto` where its certificate demands it (RFC 7633). */
export type Stapling = 'auto' | 'on' | 'off'

/**
 * The files of a host's certificate; undefined where it is obtained by ACME.
 *
 * @throws Problem `config_invalid`, `config_unreadable`
 */
export function hostKeyPair(config: GatewayConfig, name: string): KeyPairPem | undefined {
  const { hosts, acme } = config.value.gateway
  const pointer = `/gateway/hosts/${name}/certificate`
  const { certificateFile, keyFile, acme: account } = hosts[name]?.certificate ?? {}
  if (account !== undefined) {
    if (certificateFile !== undefined || keyFile !== undefined) {
      throw config.problem(pointer, 'a certificate comes from files or by acme, not from both')
    }
    if (!Object.hasOwn(acme, account)) {
      throw config.problem(`${pointer}/acme`, 'there is no such account', {
        expected: `one of ${Object.keys(acme).join(', ') || 'none: gateway.acme is empty'}`,
        found: account,
      })
    }
    checkName(config, name)
    return undefined
  }
  if (certificateFile === undefined || keyFile === undefined) {
    throw config.problem(pointer, 'it is not said where the certificate comes from', {
      expected: 'certificateFile and keyFile, or acme',
    })
  }
  return readKeyPair(config, pointer, { certificateFile, keyFile })
}

const dnsName =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function checkName(config: GatewayConfig, name: string): void {
  if (dnsName.test(name)) return
  throw config.problem(`/gateway/hosts/${name}`, 'no CA gives a certificate for this name', {
    expected: 'a DNS name of two labels or more',
    found: name,
  })
}

/** The accounts that some host uses. @throws Problem `config_invalid`, `config_unreadable` */
export function acmePlans(config: GatewayConfig): AcmePlan[] {
  const { acme, hosts } = config.value.gateway
  return Object.entries(acme).flatMap(([name, account]) => {
    const used = Object.entries(hosts)
      .filter(([, { certificate }]) => certificate.acme === name)
      .map(([host]) => host)
    const plan = acmePlan(config, name, account, used)
    return used.length === 0 ? [] : [plan]
  })
}

function acmePlan(
  config: GatewayConfig,
  name: string,
  account: GatewaySettings['acme'][string],
  hosts: readonly string[],
): AcmePlan {
  const pointer = `/gateway/acme/${name}`
  const { directoryUrl, email, caFile, externalAccount, challenge, http01Listen, keyType } = account
  if (challenge === 'http-01' && http01Listen === undefined) {
    throw config.problem(pointer, 'http-01 is answered on a listener of its own', {
      expected: 'http01Listen, as 0.0.0.0:80',
    })
  }
  const read = (file: string) =>
    readNamedBytes(config, { pointer: `${pointer}/externalAccount/hmacKeyFile`, file })
  return {
    name,
    directoryUrl,
    email,
    ca:
      caFile === undefined
        ? undefined
        : readCaFile(config, { pointer: `${pointer}/caFile`, file: caFile }),
    externalAccount:
      externalAccount === undefined
        ? undefined
        : {
            kid: externalAccount.kid,
            hmacKey: read(externalAccount.hmacKeyFile).toString('utf8').trim(),
          },
    challenge,
    http01Listen: http01Listen === undefined ? undefined : addressOf(http01Listen),
    keyType,
    hosts,
  }
}
