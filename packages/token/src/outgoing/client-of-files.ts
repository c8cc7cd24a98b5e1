import { createFileValue, type FileSurroundings } from '../file-value.ts'
import type { AddressPolicy, ResolveName } from './address-policy.ts'
import { createOutgoingClient, type OutgoingClient } from './outgoing-client.ts'

/** PEM files: of the CAs of the provider, and of a certificate to present to it, with its key. */
export type TlsFiles = {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/**
 * A client whose certificates are in files, which may be replaced while it runs: connections are kept
 * where they say the same as before.
 */
export function createClientOfFiles(
  files: TlsFiles,
  surroundings: FileSurroundings & {
    readonly addresses: AddressPolicy
    readonly resolveName: ResolveName | undefined
  },
): OutgoingClient {
  const { addresses, resolveName, readFile } = surroundings
  const named = Object.entries(files).filter(([, file]) => file !== undefined)
  if (named.length === 0) return createOutgoingClient({ addresses, resolveName })

  let last: { bytes: readonly Buffer[]; client: OutgoingClient } | undefined
  const what = `certificates in ${named.map(([, file]) => file).join(', ')}`
  const read = async () => {
    const bytes = await Promise.all(
      named.map(async ([, file]) => Buffer.from(await readFile(String(file)))),
    )
    const same = bytes.every((one, at) => one.equals(last?.bytes[at] ?? empty))
    if (last !== undefined && same) return last.client
    const tls = Object.fromEntries(named.map(([name], at) => [name, bytes[at]]))
    last = { bytes, client: createOutgoingClient({ addresses, resolveName, tls }) }
    return last.client
  }
  const current = createFileValue(what, read, surroundings)
  return async (request) => (await current.value())(request)
}

const empty = new Uint8Array()
