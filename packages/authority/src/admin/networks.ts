import { BlockList, isIP } from 'node:net'

/** Most that a token can name. */
export const maxNetworks = 20

/** Whether a text is a network as `10.0.0.0/8` or `2001:db8::/32`; an address alone is one of itself. */
export function isNetwork(text: string): boolean {
  return readNetwork(text) !== undefined
}

/** Whether an address is in one of the networks. What is no address is in none. */
export function isInNetworks(networks: readonly string[], address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const list = new BlockList()
  for (const text of networks) {
    const network = readNetwork(text)
    if (network !== undefined) list.addSubnet(network.address, network.prefix, network.family)
  }
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

type Network = { address: string; prefix: number; family: 'ipv4' | 'ipv6' }

function readNetwork(text: string): Network | undefined {
  const match = /^([0-9a-fA-F:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text)
  const address = match?.[1] ?? ''
  const family = isIP(address)
  if (family === 0) return undefined
  const bits = family === 4 ? 32 : 128
  const prefix = match?.[2] === undefined ? bits : Number(match[2])
  if (prefix > bits) return undefined
  return { address, prefix, family: family === 4 ? 'ipv4' : 'ipv6' }
}
