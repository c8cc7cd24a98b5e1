import { addressOf, type GatewayConfig, listenerName } from './gateway-config.ts'

const everyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

export function isUnix(name: string): boolean {
  return name.startsWith('unix:')
}

/** Whether one listener has the port of another at every address. */
export function overlap(one: string, other: string): boolean {
  if (isUnix(one) || isUnix(other)) return false
  const [here, there] = [addressOf(one), addressOf(other)]
  if (here.port !== there.port || here.port === 0) return false
  if (here.host.includes(':') !== there.host.includes(':')) return false
  return everyAddress.has(here.host) || everyAddress.has(there.host)
}

type Place = { readonly pointer: string; readonly group: string; readonly name: string }

/**
 * Refuses listeners of different kinds that have one address: a start would find out, a reload in the middle
 * of its work. Those of one kind are looked at where they are made; accounts of ACME may share theirs.
 *
 * @throws Problem `config_invalid`
 */
export function checkListenersTogether(config: GatewayConfig): void {
  const places = listenersOf(config)
  for (const [index, { pointer, group, name }] of places.entries()) {
    const rival = places
      .slice(0, index)
      .find((other) => other.group !== group && isSamePlace(other.name, name))
    if (rival === undefined) continue
    throw config.problem(pointer, 'another listener of the gateway has this address', {
      expected: `an address or a port that ${rival.pointer.slice(1).replaceAll('/', '.')} leaves free`,
      found: name,
    })
  }
}

function isSamePlace(one: string, other: string): boolean {
  const isFixed = isUnix(one) || addressOf(one).port !== 0
  return (one === other && isFixed) || overlap(one, other)
}

function listenersOf({ value: { gateway } }: GatewayConfig): Place[] {
  const { listen, operations, keySet, decisions, acme, hosts } = gateway
  const at = (pointer: string, group: string, name: string | undefined): Place[] =>
    name === undefined ? [] : [{ pointer, group, name }]
  const used = new Set(Object.values(hosts).map(({ certificate }) => certificate.acme))
  return [
    ...listen.flatMap((each, index) =>
      at(`/gateway/listen/${index}`, 'listen', listenerName(each)),
    ),
    ...at('/gateway/operations/listen', 'operations', operations?.listen),
    ...at('/gateway/keySet/listen', 'keySet', keySet?.listen),
    ...(decisions?.listen ?? []).flatMap((each, index) =>
      at(`/gateway/decisions/listen/${index}`, 'decisions', listenerName(each)),
    ),
    ...Object.entries(acme).flatMap(([account, { http01Listen }]) =>
      used.has(account) ? at(`/gateway/acme/${account}/http01Listen`, 'acme', http01Listen) : [],
    ),
  ]
}
