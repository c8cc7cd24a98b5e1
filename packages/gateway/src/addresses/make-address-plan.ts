import path from 'node:path'
import { fileOf, type GatewayConfig } from '../configuration/gateway-config.ts'
import { readCaFile, readNamedBytes } from '../configuration/pem-files.ts'
import {
  type AddressList,
  type AddressPlan,
  type FetchedList,
  listEffects,
} from './address-plan.ts'
import type { AddressesSettings } from './addresses-schema.ts'
import { listFault, parseList } from './list-format.ts'
import { isExact, isMapped, type Network, networkText, parseNetwork } from './network.ts'

const pointer = '/gateway/addresses'

/**
 * The lists of a configuration, files read.
 *
 * @throws Problem `config_invalid`, `config_unreadable`
 */
export function makeAddressPlan(config: GatewayConfig): AddressPlan {
  const settings = config.value.gateway.addresses
  const inline = listEffects.flatMap((effect): AddressList[] => {
    const networks = settings[effect]
    if (networks === undefined) return []
    const read = checkedNetworks(config, `${pointer}/${effect}`, networks)
    return [{ name: effect, effect, networks: read }]
  })
  const files = (settings.files ?? []).map((_, index) => fileList(config, settings, index))
  const fetched = (settings.lists ?? []).map((_, index) => fetchedList(config, settings, index))
  checkNames(config, [...inline, ...files], fetched)
  return { lists: [...inline, ...files], fetched }
}

/** Networks as people write them into a configuration. @throws Problem `config_invalid` */
export function checkedNetworks(
  config: GatewayConfig,
  at: string,
  networks: readonly string[],
): Network[] {
  return networks.map((text, index) => {
    const network = parseNetwork(text)
    if (network !== undefined && isExact(text, network)) return network
    throw config.problem(`${at}/${index}`, 'this is no network', {
      expected: network === undefined ? '192.0.2.0/24 or 2001:db8::/32' : networkText(network),
      found: text,
    })
  })
}

/** Wider than the widest private networks, 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193), is anybody. */
const widestBits = { ofFour: 96 + 8, ofSix: 7 }

/** Networks that are believed for being where they are. @throws Problem `config_invalid` */
export function checkedBelieved(
  config: GatewayConfig,
  at: string,
  networks: readonly string[],
): Network[] {
  const checked = checkedNetworks(config, at, networks)
  const index = checked.findIndex(({ words, length }) => {
    const isFour = length >= 96 && isMapped(words)
    return length < (isFour ? widestBits.ofFour : widestBits.ofSix)
  })
  if (index < 0) return checked
  throw config.problem(`${at}/${index}`, 'the network is so wide that anybody would be believed', {
    expected: 'the networks of the proxies themselves, none wider than 10.0.0.0/8 or fc00::/7',
    found: networks[index] ?? '',
  })
}

/** The files that lists are made of, absolute. */
export function addressFiles(config: GatewayConfig): string[] {
  const { files = [], lists = [] } = config.value.gateway.addresses
  const named = [...files.map(({ file }) => file), ...lists.map(({ caFile }) => caFile)]
  return named.flatMap((file) => (file === undefined ? [] : [fileOf(config, file)]))
}

function fileList(
  config: GatewayConfig,
  { files = [] }: AddressesSettings,
  index: number,
): AddressList {
  const { file, effect, name } = files[index] as NonNullable<AddressesSettings['files']>[number]
  const at = `${pointer}/files/${index}`
  const text = readNamedBytes(config, { pointer: `${at}/file`, file }).toString('utf8')
  try {
    const list = parseList(text)
    const fault =
      list.unreadable > 0 ? `${list.unreadable} lines: ${list.example ?? ''}` : emptyIsFine(list)
    if (fault === undefined) {
      return { name: name ?? path.basename(file), effect, networks: list.networks }
    }
    throw new RangeError(fault)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw config.problem(`${at}/file`, 'the file holds something that is no network', {
      expected: 'a network a line, as 192.0.2.0/24; # begins a comment',
      found: error.message,
    })
  }
}

// A file of one's own may be empty, and may deny everybody: only what is fetched is held against sense.
function emptyIsFine(list: ReturnType<typeof parseList>): string | undefined {
  return list.networks.length === 0 ? undefined : listFault({ ...list, unreadable: 0 })
}

function fetchedList(
  config: GatewayConfig,
  { lists = [] }: AddressesSettings,
  index: number,
): FetchedList {
  const { caFile, ...list } = lists[index] as NonNullable<AddressesSettings['lists']>[number]
  const at = `${pointer}/lists/${index}/caFile`
  const ca = caFile === undefined ? undefined : readCaFile(config, { pointer: at, file: caFile })
  return { ...list, ca }
}

function checkNames(
  config: GatewayConfig,
  lists: readonly AddressList[],
  fetched: readonly FetchedList[],
): void {
  const names = new Set<string>()
  for (const { name } of lists) {
    if (names.has(name)) {
      throw config.problem(pointer, 'two lists have the same name', { found: name })
    }
    names.add(name)
  }
  for (const [index, { name }] of fetched.entries()) {
    if (names.has(name)) {
      const at = `${pointer}/lists/${index}/name`
      throw config.problem(at, 'two lists have the same name', { found: name })
    }
    names.add(name)
  }
}
