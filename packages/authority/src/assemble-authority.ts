import { randomUUID } from 'node:crypto'
import { ConnectionAdmission } from './admission/connection-admission.ts'
import { Holders } from './admission/holders.ts'
import { RefusedAppraisals } from './appraisals/refused-appraisals.ts'
import type { Authority } from './authority.ts'
import { attestationPolicies } from './config/attestation-policy.ts'
import type { AuthorityConfig } from './config/authority-config.ts'
import { checkAuthority } from './config/check-authority.ts'
import { checkSigner } from './config/check-signer.ts'
import { refuseFixedChanges } from './config/check-config.ts'
import { storeLocation } from './config/store-location.ts'
import { decisionRecorder } from './decisions/decision-recorder.ts'
import { recordConfigChange } from './config/config-change.ts'
import { issuedApps } from './config/issued-apps.ts'
import { FailedAttempts } from './enrollment/failed-attempts.ts'
import { FeedHub } from './feed/feed-hub.ts'
import { FeedSigner } from './feed/feed-signer.ts'
import { listApps } from './feed/issued-list.ts'
import { ensureIssuers } from './issuers/ensure-issuers.ts'
import { type IssuerSet, loadIssuers } from './issuers/issuer-set.ts'
import { wantedIssuers } from './issuers/wanted-issuers.ts'
import { collectMetrics, insecureSettings } from './operations/collect-metrics.ts'
import { Metrics } from './operations/metrics.ts'
import { prepareUsers } from './privacy/hash-stored-users.ts'
import { UserNames } from './privacy/user-names.ts'
import { ReceiptKeeper } from './receipts/receipt-keeper.ts'
import { readRevocationClients } from './sessions/revocation-client.ts'
import { tellFailing } from './signer/failing-operations.ts'
import type { JwsPurpose } from './signer/key-names.ts'
import { JwsKeys, renewTokenKeys } from './signer/jws-keys.ts'
import { noJournal } from './signer/journal/signing-journal.ts'
import { localSigner } from './signer/local-signer.ts'
import { openKeys } from './signer/open-keys.ts'
import type { Signer } from './signer/signer.ts'
import { type SignerBounds, signerBoundsOf } from './signer/signer-bounds.ts'
import type { StartOptions } from './start-authority.ts'
import { requireSettings } from './store/settings.ts'
import { openStore } from './store/store.ts'
import { TrustKeeper } from './trust/trust-keeper.ts'
import { tokenVerifiers } from './users/token-verifier.ts'
import { readWebhooks } from './webhooks/webhook-target.ts'
import { Leases } from './work/leases.ts'
import { WorkLanes } from './work/work-lanes.ts'

/** An authority, and what gives it another configuration. */
export type AssembledAuthority = {
  authority: Authority
  /** @throws Problem of `checkAuthority` */
  replaceConfig(config: AuthorityConfig): Promise<void>
}

/**
 * Opens the store and the keys, and puts together what operations are handed.
 *
 * @throws Problem of `checkAuthority`, `key_passphrase_required`, `key_passphrase_wrong`,
 *   `store_unavailable`
 */
export async function assembleAuthority(
  config: AuthorityConfig,
  options: StartOptions,
): Promise<AssembledAuthority> {
  checkAuthority(config, options)
  const { log, directory } = options
  const now = options.now ?? Date.now
  const metrics = new Metrics()
  const store = await openStore(storeLocation(config.store, options), {
    chain: config.authority.name,
    onGroup: ({ writes, commitMs, committed }) => {
      const outcome = committed ? 'committed' : 'failed'
      metrics.count('sallyport_authority_commits_total', 'Commits', { outcome })
      metrics.count('sallyport_authority_writes_total', 'Writes', { outcome }, writes)
      const help = 'Time that commits took'
      metrics.count('sallyport_authority_commit_seconds_total', help, {}, commitMs / 1_000)
    },
  })
  try {
    const settings = await requireSettings(store, config.trustDomain)
    const tokensOf = tokenVerifiers({ directory, log, now })
    const tokens = tokensOf(config.identityProviders)
    const policies = attestationPolicies(directory, config.apps)
    const revocationClients = readRevocationClients(directory, config)
    const webhooks = readWebhooks(directory, config)
    // A signer in this process is bound by what is about to be taken up: it makes keys for that.
    let bounds = signerBoundsOf(config)
    const signer = tellFailing(options.signer ?? signerHere(config, options, () => bounds), {
      metrics,
      now,
    })
    const issuers = await issuersOf(config, { store, signer, log, now })
    const live = { config, tokens, policies, revocationClients, webhooks, issuers }
    const jwsKeys = (purpose: JwsPurpose) => new JwsKeys({ purpose, store, signer, log, now })
    const keys = {
      tokenKeys: jwsKeys('token'),
      checkpointKeys: jwsKeys('checkpoint'),
    }
    await renewTokenKeys(keys.tokenKeys, config)
    const userNames = new UserNames({ store, signer, config: () => live.config })
    await prepareUsers({ store, userNames, log }, config)
    const feedSigner = new FeedSigner({ store, signer, keys: jwsKeys('feed'), now })
    await feedSigner.renew()
    await keys.checkpointKeys.renew()
    const { heartbeatMs } = options
    const { epoch, challengeKey } = settings
    const hub = new FeedHub({
      read: store.read,
      signer: feedSigner,
      epoch,
      log,
      now,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    })
    await hub.start()
    store.onCommit(() => hub.wake())
    const leases = new Leases({ store, log, holder: randomUUID(), now })
    await listApps(store, issuedApps(config.apps), now())
    const trust = new TrustKeeper({ config, directory, store, leases, metrics, log, now })
    await trust.load()
    const receipts = new ReceiptKeeper({
      config,
      directory,
      store,
      leases,
      anchors: (options) => trust.material(options).appAttestReceipts.anchors,
      metrics,
      log,
      now,
    })
    const holders = new Holders()
    let refreshing: Promise<void> = Promise.resolve()
    const authority: Authority = {
      get config() {
        return live.config
      },
      get issuers() {
        return live.issuers
      },
      get tokens() {
        return live.tokens
      },
      get policies() {
        return live.policies
      },
      get revocationClients() {
        return live.revocationClients
      },
      get webhooks() {
        return live.webhooks
      },
      get epoch() {
        return hub.epoch
      },
      refreshIssuers: () => {
        // One after the other: what was read before never takes the place of what was read since.
        const next = refreshing.then(async () => {
          live.issuers = await loadIssuers(store.read, { signer, log, now })
        })
        refreshing = next.catch(() => undefined)
        return next
      },
      store,
      signer,
      userNames,
      ...keys,
      feedSigner,
      challengeKey,
      lanes: new WorkLanes({ holders }),
      holders,
      admissions: {
        device: new ConnectionAdmission(holders),
        // Who calls there most likely holds a certificate, though nobody knows yet.
        mtls: new ConnectionAdmission(holders, { maxRestMs: 0 }),
        status: new ConnectionAdmission(holders),
      },
      leases,
      feed: hub,
      decisions: decisionRecorder(store, log),
      refusedAppraisals: new RefusedAppraisals(store, log),
      trust,
      receipts,
      failedAttempts: new FailedAttempts(),
      failedRenewals: new FailedAttempts(),
      ending: { hasBegun: false },
      metrics,
      log,
      now,
    }
    collectMetrics(authority)
    const recordConfig = (config: AuthorityConfig) =>
      recordConfigChange(store, config, { insecure: insecureSettings(config), now: now() })
    await recordConfig(config)
    return {
      authority,
      async replaceConfig(next) {
        refuseFixedChanges(live.config, next)
        checkAuthority(next, options)
        const tokens = tokensOf(next.identityProviders)
        const policies = attestationPolicies(directory, next.apps)
        const revocationClients = readRevocationClients(directory, next)
        const webhooks = readWebhooks(directory, next)
        const takeUpTrust = trust.prepare(next)
        const takeUpReceipts = receipts.prepare(next)
        await signer.reload({})
        const before = bounds
        bounds = signerBoundsOf(next)
        await issuersOf(next, { store, signer, log, now }).catch((error: unknown) => {
          bounds = before
          throw error
        })
        await renewTokenKeys(keys.tokenKeys, next)
        await listApps(store, issuedApps(next.apps), now())
        await prepareUsers({ store, userNames, log }, next)
        // Last: with what another authority withdrew while the rest was prepared.
        await authority.refreshIssuers()
        takeUpTrust()
        takeUpReceipts()
        Object.assign(live, {
          config: next,
          tokens,
          policies,
          revocationClients,
          webhooks,
        })
        await recordConfig(next)
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

function signerHere(
  config: AuthorityConfig,
  options: StartOptions,
  bounds: () => SignerBounds,
): Signer {
  checkSigner(config, options)
  const { now = Date.now } = options
  return localSigner({ keys: openKeys(config, options), bounds, now, journal: noJournal })
}

/** The issuers that a configuration needs, made where they are missing, with their keys. */
async function issuersOf(
  config: AuthorityConfig,
  { store, signer, log, now }: Pick<Authority, 'store' | 'signer' | 'log' | 'now'>,
): Promise<IssuerSet> {
  const { apps, trustDomain } = config
  await ensureIssuers(store, signer, wantedIssuers(apps), { trustDomain, now: now() })
  for (const name of insecureSettings(config)) {
    log.warn({ name }, 'INSECURE: a dangerous setting is on')
  }
  return loadIssuers(store.read, { signer, log, now })
}
