import { hostname, networkInterfaces } from 'node:os'
import { isIPv4 } from 'node:net'
import { Problem } from '@sallyport/problem'

/** How a phone in the same network reaches this machine. */
export type LanAddress = { address: string; name: string }

/**
 * The address and the name of this machine in its network.
 *
 * The name is what stands in SNI and in the certificate. Without one that was asked for it is that of
 * multicast DNS, `<host>.local`, which iOS and Android 12 and later resolve by themselves.
 *
 * @throws Problem `command_usage` where there is no network, or the name is an address
 */
export function findLanAddress(
  askedName: string | undefined,
  interfaces = networkInterfaces(),
): LanAddress {
  const address = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .find((candidate) => candidate.family === 'IPv4' && !candidate.internal)?.address
  if (address === undefined) {
    throw new Problem('command_usage', {
      detail: '--lan: this machine has no address in a network',
    })
  }
  const name = (askedName ?? multicastName(hostname())).toLowerCase()
  if (isIPv4(name) || name.includes(':')) {
    throw new Problem('command_usage', {
      detail:
        '--lan takes a name: TLS tells the gateway no address, so it could not choose the host',
      expected: 'a DNS name that phones resolve to this machine',
      found: name,
    })
  }
  return { address, name }
}

function multicastName(host: string): string {
  return host.includes('.') ? host : `${host.replace(/[^A-Za-z0-9-]/g, '-')}.local`
}
