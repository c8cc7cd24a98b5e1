import { streamTable } from './haproxy-lists.ts'
import type { HaproxyRuntime } from './haproxy-runtime.ts'

/**
 * Ends what devices have open: streams of HTTP/2, WebSockets, answers that are still coming. The
 * configuration tracks each stream under `<device>|<address>:<port>`; sessions are known by address.
 *
 * @returns how many were ended
 */
export async function endStreams(
  runtime: HaproxyRuntime,
  devices: ReadonlySet<string>,
): Promise<number> {
  if (devices.size === 0) return 0
  const table = await runtime.show(`table ${streamTable}`)
  const addresses = new Set<string>()
  for (const [, key = '', address = ''] of table.matchAll(/key=([0-9A-F]+)\|(\S+) use=[1-9]/g)) {
    if (devices.has(key)) addresses.add(address)
  }
  if (addresses.size === 0) return 0
  let ended = 0
  for (const [, session = '', address = ''] of (await runtime.show('sess')).matchAll(
    /^(0x[0-9a-f]+): proto=\S+ src=(\S+) /gm,
  )) {
    if (!addresses.has(address)) continue
    await runtime.do(`shutdown session ${session}`)
    ended++
  }
  return ended
}
