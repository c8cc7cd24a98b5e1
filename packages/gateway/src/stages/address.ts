import type Type from 'typebox'
import type { AddressBlock, Addresses } from '../addresses/addresses.ts'
import { networkText, parseAddress, parseNetwork } from '../addresses/network.ts'
import { buildNetworkTree, type NetworkTree, readNetworkTree } from '../addresses/network-tree.ts'
import type { Caller } from '../pipeline/caller.ts'
import { pass, type Refusal, type Stage, type StageSettings } from '../pipeline/stage.ts'

export type AddressSettings = StageSettings & {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

/**
 * Where a request comes from: the lists of the gateway and what stages blocked for a time, then those
 * of the route. Where several say something, deny is stronger than allow.
 */
export const addressStage: Stage<AddressSettings> = {
  name: 'address',
  settings: (type: typeof Type) => ({
    allow: type.Optional(networks(type, 'Only these networks; as 192.0.2.0/24 or 2001:db8::/32')),
    deny: type.Optional(networks(type, 'Never these networks; stronger than allow')),
  }),
  appliesTo: () => true,
  compile: (settings, { services: { addresses } }) => {
    const ofRoute = compileRoute(settings)
    return ({ caller, startedAt }) => {
      const blocked = currentBlock(caller, addresses, startedAt)
      if (blocked !== undefined) return blocked
      return ofRoute === undefined ? pass : (ofRoute(caller.address) ?? pass)
    }
  },
}

function networks(type: typeof Type, description: string) {
  const network = type.String({
    pattern: '^[0-9A-Fa-f:.]{2,45}(?:/[0-9]{1,3})?$',
    description: 'An address or a network',
  })
  return type.Array(network, { minItems: 1, maxItems: 1_000, description })
}

// As long as nothing was blocked or freed, what was found of a caller holds.
function currentBlock(caller: Caller, addresses: Addresses, now: number): Refusal | undefined {
  const version = addresses.version()
  if (caller.addressVersion !== version || now >= caller.addressGoodUntil) {
    const block = addresses.find(caller.address)
    caller.addressRefusal = block === undefined ? undefined : refusalOf(caller.address, block)
    caller.addressGoodUntil = now + (block?.endsInMs ?? Number.POSITIVE_INFINITY)
    caller.addressVersion = version
  }
  return caller.addressRefusal
}

function refusalOf(address: string, { list, network, why, endsInMs }: AddressBlock): Refusal {
  const found =
    network === undefined ? `${address} is in none of them` : `${address} is in ${network}`
  const seconds = endsInMs === undefined ? undefined : Math.ceil(endsInMs / 1_000)
  return {
    code: 'address_blocked',
    check: list,
    expected: network === undefined ? 'a network that is allowed' : `an address outside of ${list}`,
    found: why === undefined || why === '' ? found : `${found}, blocked for ${why}`,
    ...(seconds === undefined ? {} : { retryAfterSeconds: Math.max(1, seconds) }),
  }
}

type FindOfRoute = (address: string) => Refusal | undefined

function compileRoute({ allow, deny }: AddressSettings): FindOfRoute | undefined {
  if (allow === undefined && deny === undefined) return undefined
  const allowed = allow === undefined ? undefined : treeOf(allow)
  const denied = deny === undefined ? undefined : treeOf(deny)
  return (address) => {
    const words = parseAddress(address)
    // Who cannot be placed is in no network that is allowed, and may be in one that is not.
    if (words === undefined) return unplaced(address)
    const found = denied?.find(words)
    if (found !== undefined) {
      return refusalOf(address, { list: 'route', network: networkText(found.network) })
    }
    if (allowed === undefined || allowed.valueFor(words) !== 0) return undefined
    return refusalOf(address, { list: 'route', network: undefined })
  }
}

function unplaced(address: string): Refusal {
  return {
    code: 'address_blocked',
    check: 'route',
    expected: 'an address',
    found: address === '' ? 'a Unix socket' : address,
  }
}

function treeOf(texts: readonly string[]): NetworkTree {
  const numbered = texts.map((text) => {
    const network = parseNetwork(text)
    if (network === undefined) throw new TypeError(`The network ${text} was not validated`)
    return { network, value: 1 }
  })
  return readNetworkTree(buildNetworkTree(numbered))
}
