import {
  type Address,
  type PinnedHost,
  readCertificates,
  survey,
  type Survey,
} from '@sallyport/pins'
import type { Certificate } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { numberOption, textOptions } from '../input.ts'

/** Where to look instead of where DNS says, by host; `undefined` is for whatever host is asked. */
type Elsewhere = ReadonlyMap<string | undefined, Address>

/** `--connect <host:port>`, or `<name>=<host:port>` for one of several hosts. */
export function elsewhereOf(input: Input): Elsewhere {
  return new Map((textOptions(input, 'connect') ?? []).map(parseConnect))
}

function parseConnect(text: string): [string | undefined, Address] {
  const found = /^(?:([a-z0-9.-]+)=)?(?:\[([0-9a-f:.]+)\]|([^:[\]\s=]+)):(\d{1,5})$/i.exec(text)
  const port = Number(found?.[4])
  if (found === null || port < 1 || port > 65_535) {
    throw new Problem('command_usage', {
      detail: '--connect is no address',
      expected: 'such as 192.0.2.1:443, or api.example.com=192.0.2.1:443',
      found: text,
    })
  }
  return [found[1]?.toLowerCase(), { host: found[2] ?? found[3] ?? '', port }]
}

/** A file may have thousands of hosts, and each has up to eight addresses. */
const hostsAtOnce = 32

/** What the servers of hosts send now. */
export async function lookAt(
  input: Input,
  hosts: readonly Pick<PinnedHost, 'name' | 'port'>[],
): Promise<ReadonlyMap<string, Survey>> {
  const elsewhere = elsewhereOf(input)
  const seconds = numberOption(input, 'timeout', { least: 1, most: 120 }) ?? 10
  const looked = new Map<string, Survey>()
  const waiting = hosts.values()
  const ask = async (): Promise<void> => {
    for (const { name, port } of waiting) {
      const connect = elsewhere.get(name) ?? elsewhere.get(undefined)
      const options = { port, timeoutMs: seconds * 1_000 }
      looked.set(
        name,
        await survey(name, { ...options, ...(connect === undefined ? {} : { connect }) }),
      )
    }
  }
  await Promise.all(Array.from({ length: hostsAtOnce }, ask))
  return looked
}

/** Certificates of --ca: roots and intermediates that phones have and servers do not send. */
export function givenAuthorities(input: Input): Certificate[] {
  return (textOptions(input, 'ca') ?? []).flatMap(readCertificates)
}
