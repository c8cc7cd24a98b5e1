import { resolvePath } from '@sallyport/config'
import { fileKeyProvider } from '@sallyport/pki'
import type { Logger } from 'pino'
import { createApis } from './api/create-apis.ts'
import { serve } from './api/listener.ts'
import type { Authority } from './authority.ts'
import type { AuthorityConfig } from './config/authority-config.ts'
import { DecisionRecorder } from './decisions/decision-recorder.ts'
import { FeedHub } from './feed/feed-hub.ts'
import { ensureIssuers } from './issuers/ensure-issuers.ts'
import { loadIssuers } from './issuers/issuer-set.ts'
import { wantedIssuers } from './issuers/wanted-issuers.ts'
import { startMaintenance } from './maintenance.ts'
import { collectMetrics, insecureSettings } from './operations/collect-metrics.ts'
import { Metrics } from './operations/metrics.ts'
import { findPassphrase } from './passphrase.ts'
import { requireSettings } from './store/settings.ts'
import { openStore } from './store/store.ts'
import { WorkLanes } from './work/work-lanes.ts'

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
}

export type RunningAuthority = {
  /** Where each listener listens: `https://127.0.0.1:8443`. */
  readonly addresses: { device: string; admin: string; operations: string }
  /** Answers what was begun, and ends. */
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
  const authority = await assemble(config, options)
  const apis = createApis(authority, options)
  const { listeners } = config.authority
  const stopMaintenance = startMaintenance(authority)
  const close = async () => {
    stopMaintenance()
    await authority.feed.close()
    await Promise.all(Object.values(apis).map((api) => api.close()))
    await authority.decisions.close()
    await authority.store.close()
  }
  try {
    const addresses = {
      device: await serve(apis.device, listeners.device.listen, 'https'),
      admin: await serve(apis.admin, listeners.admin.listen, 'https'),
      operations: await serve(apis.operations, listeners.operations.listen, 'http'),
    }
    options.log.info({ addresses }, 'authority is ready')
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens the store and the keys, and puts together what operations are handed. */
async function assemble(config: AuthorityConfig, options: StartOptions): Promise<Authority> {
  const { log, directory } = options
  const now = options.now ?? Date.now
  const metrics = new Metrics()
  let feed: FeedHub | undefined
  const store = await openStore(resolvePath(directory, config.store.path), {
    onGroup: ({ writes, commitMs, committed }) => {
      const outcome = committed ? 'committed' : 'failed'
      metrics.count('sallyport_authority_commits_total', 'Commits', { outcome })
      metrics.count('sallyport_authority_writes_total', 'Writes', { outcome }, writes)
      const help = 'Time that commits took'
      metrics.count('sallyport_authority_commit_seconds_total', help, {}, commitMs / 1_000)
      feed?.wake()
    },
  })
  try {
    const settings = await requireSettings(store, config.trustDomain)
    const { passphraseFile } = config.authority.keys
    const keys = fileKeyProvider({
      directory: resolvePath(directory, config.authority.keys.directory),
      passphrase: () =>
        findPassphrase({
          file: passphraseFile === undefined ? undefined : resolvePath(directory, passphraseFile),
          environment: options.environment ?? process.env,
          prompt: options.promptPassphrase,
        }),
    })
    const facts = { trustDomain: config.trustDomain, now: now() }
    await ensureIssuers(store, keys, wantedIssuers(config.apps), facts)
    const issuers = await loadIssuers(store.read, keys)
    for (const name of insecureSettings(config.apps)) {
      log.warn({ name }, 'INSECURE: development devices are accepted')
    }
    const { heartbeatMs } = options
    const { epoch, challengeKey } = settings
    feed = new FeedHub({
      read: store.read,
      epoch,
      log,
      now,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    })
    await feed.start()
    const authority: Authority = {
      config,
      store,
      issuers,
      epoch,
      challengeKey,
      lanes: new WorkLanes(),
      feed,
      decisions: new DecisionRecorder(store, log),
      metrics,
      log,
      now,
    }
    collectMetrics(authority)
    return authority
  } catch (error) {
    await store.close()
    throw error
  }
}
