import { availableParallelism } from 'node:os'
import { addressOf, type GatewayConfig } from '../configuration/gateway-config.ts'
import type { Address } from '../worker/messages.ts'
import { Gateway, type GatewayOptions } from './gateway.ts'
import { startOperations } from './operations.ts'
import { gatewayVersion } from './version.ts'

export { releaseStartMemory } from '../runtime/release-start-memory.ts'

/** A gateway that serves. */
export type RunningGateway = {
  readonly addresses: {
    /** Where its hosts are reached, `127.0.0.1:8440`. */
    readonly listen: readonly string[]
    readonly operations: string | undefined
    /** Where services fetch the public keys of assertions. */
    readonly keySet: string | undefined
    /** Where proxies ask for decisions: `unix:/…` and `127.0.0.1:9443`. */
    readonly decisions: readonly string[]
    /** Where challenges of kind http-01 are answered. */
    readonly http01: readonly string[]
  }
  /**
   * Takes the configuration as it is now, whole or not at all. Tells the settings that the next start alone takes.
   *
   * @throws Problem why it was refused; the old one goes on then
   */
  readonly reload: () => Promise<readonly string[]>
  /** Says for `limits.unreadySeconds` that it is not ready; then finishes what is under way, within `limits.drainSeconds`, and ends. */
  readonly close: () => Promise<void>
}

/** How long a start without a snapshot on disk waits for the authority before it goes on unready. */
const waitForSnapshotMs = 5_000

/**
 * Starts a gateway: its worker threads, and what feeds them. It serves when this resolves, and is ready
 * to decide as soon as it has a snapshot of device status, from disk or from its authority.
 *
 * @throws Problem `config_invalid`, `config_unreadable`, `port_in_use`
 */
export async function startGateway(
  config: GatewayConfig,
  options: GatewayOptions,
): Promise<RunningGateway> {
  warnOfEnvironment(options)
  const gateway = new Gateway(oneWorkerWhereNoneCanShare(config, options), options)
  try {
    const listen = await gateway.start(waitForSnapshotMs)
    const { operations } = config.value.gateway
    const operating =
      operations === undefined
        ? undefined
        : await startOperations(addressOf(operations.listen), {
            version: gatewayVersion,
            unready: () => gateway.unready(),
            metrics: () => gateway.metrics(),
            keySet: () => gateway.keySet(),
            findDecision: (key) => gateway.findDecision(key),
            addresses: () => gateway.addresses.overview(),
          })
    return {
      addresses: {
        listen: listen.map(addressText),
        operations: operating === undefined ? undefined : addressText(operating.address),
        http01: gateway.http01Addresses.map(addressText),
        keySet:
          gateway.keySetAddress === undefined ? undefined : addressText(gateway.keySetAddress),
        decisions: decisionTexts(gateway.decisionListeners),
      },
      reload: () => gateway.reload(),
      close: async () => {
        await gateway.leave()
        await gateway.close()
        await operating?.close()
      },
    }
  } catch (error) {
    await gateway.close()
    throw error
  }
}

/** Only some kernels share a port among threads fairly, and node knows which. */
const sharingPlatforms: ReadonlySet<string> = new Set(['linux', 'freebsd', 'aix', 'sunos'])

function oneWorkerWhereNoneCanShare(config: GatewayConfig, { log }: GatewayOptions): GatewayConfig {
  const { gateway } = config.value
  if (gateway.workers === 1) return config
  if (sharingPlatforms.has(process.platform)) {
    if (gateway.workers > availableParallelism()) {
      log.warn(
        { workers: gateway.workers, cores: availableParallelism() },
        'more workers than cores',
      )
    }
    return config
  }
  log.warn(
    { platform: process.platform },
    'threads cannot share a port here: one worker is started',
  )
  return { ...config, value: { ...config.value, gateway: { ...gateway, workers: 1 } } }
}

function warnOfEnvironment({ log }: GatewayOptions): void {
  if (process.env['SALLYPORT_PASSPHRASE'] === undefined) return
  log.warn(
    { name: 'SALLYPORT_PASSPHRASE' },
    'insecure: the environment of the gateway holds the passphrase of the CA keys, which it never needs',
  )
}

function decisionTexts({ addresses, sockets }: Gateway['decisionListeners']): readonly string[] {
  return [...sockets.map((file) => `unix:${file}`), ...addresses.map(addressText)]
}

function addressText(address: Address | { readonly path: string }): string {
  if ('path' in address) return `unix:${address.path}`
  const { host, port } = address
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
