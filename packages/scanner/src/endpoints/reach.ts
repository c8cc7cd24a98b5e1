import { BlockList, isIP } from 'node:net'

/** How far a connection goes: within the device or its emulator, within a private network, or anywhere. */
export type Reach = 'device' | 'network' | 'anywhere'

const device = new BlockList()
device.addSubnet('127.0.0.0', 8)
device.addAddress('::1', 'ipv6')
// Where the emulators of Android Studio and of Genymotion have the computer that they run on.
device.addAddress('10.0.2.2')
device.addAddress('10.0.3.2')

const network = new BlockList()
network.addSubnet('10.0.0.0', 8) // RFC 1918
network.addSubnet('172.16.0.0', 12)
network.addSubnet('192.168.0.0', 16)
network.addSubnet('169.254.0.0', 16)
network.addSubnet('fc00::', 7, 'ipv6')
network.addSubnet('fe80::', 10, 'ipv6')

/** RFC 6762, 8375, and what networks without a name of their own are called. */
const privateSuffix = /(?:^|\.)(?:local|lan|home\.arpa|internal|intranet|corp)$/

/** @param host in lower case: a name, or an address without brackets */
export function reachOf(host: string): Reach {
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4'
  if (host === 'localhost' || host.endsWith('.localhost')) return 'device'
  if (isIP(host) === 0) return privateSuffix.test(host) ? 'network' : 'anywhere'
  if (device.check(host, family)) return 'device'
  return network.check(host, family) ? 'network' : 'anywhere'
}
