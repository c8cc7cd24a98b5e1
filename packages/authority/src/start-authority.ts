import { X509Certificate } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createApis } from './api/create-apis.ts'
import { readTlsFiles, serve, setTlsFiles } from './api/listener.ts'
import { assembleAuthority } from './assemble-authority.ts'
import type { AuthorityConfig } from './config/authority-config.ts'
import { startMaintenance } from './maintenance.ts'
import { expiryHelp } from './operations/collect-expiry-metrics.ts'
import { ListPublisher } from './published/list-publisher.ts'
import { WebhookSender } from './webhooks/webhook-sender.ts'
import type { Signer } from './signer/signer.ts'

export type StartOptions = {
  log: Logger
  /** What paths in the configuration are relative to: the directory of its file. */
  directory: string
  version: string
  /** Milliseconds since 1970. */
  now?: () => number
  /** Asks a person for the passphrase, where neither environment nor file has it. */
  promptPassphrase?: () => Promise<string>
  environment?: Readonly<Record<string, string | undefined>>
  heartbeatMs?: number
  /** A process that holds the keys. Without it they are opened here. */
  signer?: Signer
}

export type RunningAuthority = {
  /** Where each listener listens: `https://127.0.0.1:8443`. */
  readonly addresses: {
    device: string
    mtls?: string
    admin: string
    operations: string
    status?: string
  }
  /**
   * Takes another configuration, whole or not at all: everything but listeners, store and keys.
   *
   * @throws Problem `config_invalid`, `config_unreadable`; the old one then goes on
   */
  reload(config: AuthorityConfig): Promise<void>
  /**
   * Ends: for `unreadySeconds` it says that it is not ready and answers all the same, so that balancers find
   * another; then it answers what was begun.
   */
  close(): Promise<void>
}

/**
 * Starts an authority over an initialized store.
 *
 * @throws Problem `config_invalid`, `config_unreadable`, `key_passphrase_required`,
 *   `key_passphrase_wrong`, `store_unavailable`, `port_in_use`
 */
export async function startAuthority(
  config: AuthorityConfig,
  options: StartOptions,
): Promise<RunningAuthority> {
  const { authority, replaceConfig } = await assembleAuthority(config, options)
  const apis = createApis(authority, options)
  const { listeners } = config.authority
  let served = readTlsFiles(options.directory, config)
  authority.metrics.collect({
    name: 'sallyport_authority_server_certificate_expiry_timestamp_seconds',
    help: `${expiryHelp}: that which a listener serves`,
    kind: 'gauge',
    collect: () =>
      Object.entries(served).map(([listener, { cert }]) => ({
        labels: { listener },
        value: expiryOf(cert),
      })),
  })
  const stopMaintenance = startMaintenance(authority)
  const lists = new ListPublisher(authority)
  const webhooks = new WebhookSender(authority)
  authority.trust.start()
  authority.receipts.start()
  const end = async () => {
    stopMaintenance()
    await webhooks.close()
    await lists.close()
    await authority.receipts.close()
    await authority.trust.close()
    await authority.feed.close()
    for (const admission of Object.values(authority.admissions)) admission.close()
    await Promise.all(Object.values(apis).map((api) => api.close()))
    await authority.decisions.close()
    await authority.refusedAppraisals.close()
    await authority.leases.close()
    await authority.store.close()
  }
  const leaveAndEnd = async () => {
    authority.ending.hasBegun = true
    await pause(authority.config.authority.unreadySeconds * 1_000)
    await end()
  }
  let closing: Promise<void> | undefined
  const close = () => (closing ??= leaveAndEnd())
  try {
    // What certificates point to is there before one is issued.
    await lists.start()
    await webhooks.follow()
    const addresses = {
      device: await serve(apis.device, listeners.device.listen, 'https'),
      ...(listeners.mtls === undefined || apis.mtls === undefined
        ? {}
        : { mtls: await serve(apis.mtls, listeners.mtls.listen, 'https') }),
      admin: await serve(apis.admin, listeners.admin.listen, 'https'),
      operations: await serve(apis.operations, listeners.operations.listen, 'http'),
      ...(listeners.status === undefined
        ? {}
        : { status: await serve(apis.status, listeners.status.listen, 'http') }),
    }
    options.log.info({ addresses }, 'authority is ready')
    const reload = async (next: AuthorityConfig) => {
      const tls = readTlsFiles(options.directory, next)
      await replaceConfig(next)
      await webhooks.follow()
      setTlsFiles(apis.device, tls.device)
      if (apis.mtls !== undefined && tls.mtls !== undefined) setTlsFiles(apis.mtls, tls.mtls)
      setTlsFiles(apis.admin, tls.admin)
      served = tls
      options.log.info('the configuration was taken up')
    }
    return { addresses, reload, close }
  } catch (error) {
    // Why it did not start is what a person must read, whatever else fails on the way out.
    await end().catch((later: unknown) =>
      options.log.error({ err: later }, 'an authority that did not start could not be ended'),
    )
    throw error
  }
}

/** Seconds since 1970. PEM, of which the first certificate is the server's. */
function expiryOf(pem: string): number {
  return Math.floor(new X509Certificate(pem).validToDate.getTime() / 1_000)
}
