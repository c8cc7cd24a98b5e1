import {
  type Certificate,
  fileKeyProvider,
  type FileKeyProviderOptions,
  type KeyProvider,
  toPem,
} from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { FeedKey } from '@sallyport/wire'
import { createAdminToken, maxTokenSeconds } from './admin/admin-token.ts'
import { appendAudit } from './audit/audit-log.ts'
import { made } from './audit/change.ts'
import { FeedSigner } from './feed/feed-signer.ts'
import { addGateway } from './gateways/gateways.ts'
import { ensureIssuers } from './issuers/ensure-issuers.ts'
import { openRoot, readRoot, type Root } from './issuers/roots.ts'
import {
  makeGatewayIdentity,
  makeServerIdentity,
  type ServiceIdentity,
} from './issuers/service-certificates.ts'
import { wantedIssuers } from './issuers/wanted-issuers.ts'
import { JwsKeys } from './signer/jws-keys.ts'
import { noJournal } from './signer/journal/signing-journal.ts'
import { localSigner } from './signer/local-signer.ts'
import type { Signer } from './signer/signer.ts'
import type { SignerBounds } from './signer/signer-bounds.ts'
import { readSettings, writeSettings } from './store/settings.ts'
import { openStore, type Store, type StoreLocation } from './store/store.ts'

const firstTokenDays = 7
const dayMs = 24 * 3_600_000

export type InitializeOptions = {
  trustDomain: string
  /** Apps, and whether each takes development devices: those get a CA under the development root. */
  apps: Readonly<Record<string, { insecureDevelopmentDevices: boolean }>>
  /** Absolute path; made with mode 0700. */
  keysDirectory: string
  passphrase: string
  /** Another place for keys than files in that directory. */
  keys?: KeyProvider
  /** Where an initialization of it was cut short, it is finished. */
  store: StoreLocation
  now: number
  /**
   * What the first token is: `once`, for making another one within a week, or `lasting`, for a month, where
   * nobody else gets to see it.
   */
  firstToken?: 'once' | 'lasting'
  /** Cost of the encryption of key files. */
  scryptCost?: FileKeyProviderOptions['scryptCost']
}

/** A new authority. `close` when the certificates that servers and gateways start with are made. */
export type InitializedAuthority = {
  /** Of role admin. Told once. */
  adminToken: string
  /** PEM of the roots. */
  serviceRootPem: string
  deviceRootPem: string
  developmentRootPem: string | undefined
  /** What gateways pin: a JWK Set. */
  feedKeys: { keys: readonly FeedKey[] }
  /** A server certificate under the service root. `names`: DNS names and IP addresses. */
  makeServerIdentity(names: string[]): Promise<ServiceIdentity>
  /** A gateway, and the certificate that it dials the authority with. */
  makeGatewayIdentity(name: string): Promise<ServiceIdentity>
  close(): Promise<void>
}

/**
 * Makes what an authority begins with: the roots with their keys, an issuing CA for each app, the key
 * of challenges, and the first admin token.
 *
 * @throws Problem `config_invalid` where the store was initialized before; `store_unavailable`
 */
export async function initializeAuthority(
  options: InitializeOptions,
): Promise<InitializedAuthority> {
  const { trustDomain, now, passphrase } = options
  const store = await openStore(options.store)
  try {
    if ((await readSettings(store.read)) !== undefined) {
      throw new Problem('config_invalid', {
        detail: `${nameOf(options.store)} was initialized before: nothing was changed`,
        expected: 'no store, or one whose initialization was cut short',
        found: 'the store of an authority',
      })
    }
    const keys =
      options.keys ??
      fileKeyProvider({
        directory: options.keysDirectory,
        passphrase: () => Promise.resolve(passphrase),
        ...(options.scryptCost === undefined ? {} : { scryptCost: options.scryptCost }),
      })
    // Whoever makes an authority chooses the names of its servers.
    let serverNames: readonly string[] = []
    const bounds = (): SignerBounds => ({
      trustDomain,
      apps: options.apps,
      serverNames,
      tokens: [],
    })
    const clock = () => now
    const signer = localSigner({ keys, bounds, now: clock, journal: noJournal })
    const service = await openRoot(store, signer, 'service', now)
    await openRoot(store, signer, 'device', now)
    await ensureIssuers(store, signer, wantedIssuers(options.apps), { trustDomain, now })
    await new JwsKeys({ purpose: 'checkpoint', store, signer, now: clock }).renew()
    const keysOfFeed = new JwsKeys({ purpose: 'feed', store, signer, now: clock })
    const feed = new FeedSigner({ store, signer, keys: keysOfFeed, now: clock })
    await feed.renew()
    // Last, and in one write: a store without it counts as never initialized.
    const adminToken = await finish(store, options)
    const allow = (names: string[]) => void (serverNames = names)
    return await answer(store, signer, { service, adminToken, now, allow, feed })
  } catch (error) {
    await store.close()
    throw error
  }
}

function nameOf(store: StoreLocation): string {
  if ('path' in store) return store.path
  const { host, database, schema } = store.postgres
  return `Schema ${schema} of database ${database} at ${host}`
}

async function finish(
  store: Store,
  { trustDomain, now, firstToken = 'once' }: InitializeOptions,
): Promise<string> {
  return store.write(async (tx) => {
    await writeSettings(tx, trustDomain)
    const subject = trustDomain
    await appendAudit(tx, {
      at: now,
      actor: 'authority',
      action: 'authority.initialized',
      subject,
      detail: made({ trustDomain }),
    })
    const by = { actor: 'authority', madeBy: null }
    const order = { label: 'first', role: 'admin', by, now } as const
    const kind =
      firstToken === 'once'
        ? ({ kind: 'first', expiresAt: now + firstTokenDays * dayMs } as const)
        : ({ kind: 'token', expiresAt: now + maxTokenSeconds * 1_000 } as const)
    return (await createAdminToken(tx, { ...order, ...kind })).token
  })
}

async function answer(
  store: Store,
  signer: Signer,
  made: {
    service: Root
    adminToken: string
    now: number
    allow: (names: string[]) => void
    feed: FeedSigner
  },
): Promise<InitializedAuthority> {
  const { service, adminToken, now, allow, feed } = made
  const root = service.reference
  const device = await readRoot(store.read, 'device')
  const development = await readRoot(store.read, 'development')
  const pem = (certificate: Certificate) => toPem('CERTIFICATE', certificate.der)
  return {
    adminToken,
    feedKeys: { keys: feed.published() },
    serviceRootPem: pem(service.certificate),
    deviceRootPem: device === undefined ? '' : pem(device.certificate),
    developmentRootPem: development === undefined ? undefined : pem(development.certificate),
    makeServerIdentity(names) {
      allow(names)
      return makeServerIdentity(signer, { root, names })
    },
    makeGatewayIdentity: async (name) => {
      const identity = await makeGatewayIdentity(signer, { root, name })
      await store.write((tx) => addGateway(tx, name, 'authority', now))
      return identity
    },
    close: () => store.close(),
  }
}
