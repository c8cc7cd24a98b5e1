import { readAssertionKey } from '../assertion/key-ring.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { readKeyPair, readNamedBytes } from './pem-files.ts'

/** What the gateway signs with. */
export type AssertionKeysPlan = {
  /** PEM, the one that signs first; undefined: the gateway makes its own. */
  readonly shared: readonly string[] | undefined
  readonly rotateDays: number
}

/** Certificate and key of the listener, PEM; undefined where it speaks plain HTTP. */
export type KeySetPlan = { readonly certificate: string; readonly key: string }

/** @throws Problem `config_invalid`, `config_unreadable` */
export function assertionKeysPlan(config: GatewayConfig): AssertionKeysPlan | undefined {
  const { assertionKeys, upstreams, keySet } = config.value.gateway
  const isUsed = Object.values(upstreams).some(({ assertion }) => assertion !== undefined)
  // A listener that is there already publishes the keys before the first upstream asks for them.
  if (!isUsed && keySet === undefined) return undefined
  const { files, rotateDays } = assertionKeys
  const shared = files?.map((file, index) => {
    const pointer = `/gateway/assertionKeys/files/${index}`
    const pem = readNamedBytes(config, { pointer, file }).toString('utf8')
    try {
      readAssertionKey(pem)
      return pem
    } catch (error) {
      throw config.problem(pointer, 'the file holds no key that assertions can be signed with', {
        expected: 'a P-256 private key in PEM: `openssl ecparam -name prime256v1 -genkey -noout`',
        found: error instanceof Error ? error.message : String(error),
      })
    }
  })
  return { shared, rotateDays }
}

/** @throws Problem `config_invalid`, `config_unreadable` */
export function keySetPlan(config: GatewayConfig): KeySetPlan | undefined {
  const { certificateFile, keyFile } = config.value.gateway.keySet ?? {}
  if (certificateFile === undefined && keyFile === undefined) return undefined
  const pointer = '/gateway/keySet'
  if (certificateFile === undefined || keyFile === undefined) {
    throw config.problem(pointer, 'one of certificateFile and keyFile is missing')
  }
  return readKeyPair(config, pointer, { certificateFile, keyFile })
}
