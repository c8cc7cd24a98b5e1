import { issueDeviceCa, type Issuer, type KeyProvider } from '@sallyport/pki'
import { developmentTrustDomain } from '@sallyport/wire'
import { appendAudit } from '../audit/audit-log.ts'
import { appendChange } from '../feed/append-change.ts'
import type { Store } from '../store/store.ts'
import type { IssuerRow } from '../store/tables.ts'
import { openOrCreateKey, openRoot } from './roots.ts'
import { trustedIssuer } from './trusted-issuer.ts'

/** An issuing CA is followed by a new one this long before it ends; its certificates live on. */
const succeedBeforeMs = 400 * 24 * 3_600_000

export type WantedIssuer = { appId: string; kind: 'device' | 'development' }

/**
 * Makes the issuing CAs that are wanted and not there: of an app that is new in the configuration,
 * or whose CA ends soon. Gateways hear of each by the feed.
 *
 * @returns how many were made
 */
export async function ensureIssuers(
  store: Store,
  keys: KeyProvider,
  wanted: readonly WantedIssuer[],
  facts: { trustDomain: string; now: number },
): Promise<number> {
  const rows = await store.read.selectFrom('issuers').selectAll().execute()
  const missing = wanted.filter((want) => !rows.some((row) => serves(row, want, facts.now)))
  const roots = new Map<WantedIssuer['kind'], Issuer>()
  for (const want of missing) {
    const root = roots.get(want.kind) ?? (await openRoot(store, keys, want.kind, facts))
    roots.set(want.kind, root)
    const generation = rows.filter(
      (row) => row.app_id === want.appId && row.kind === want.kind,
    ).length
    const keyName = `${want.kind}-ca-${want.appId}-${generation + 1}`
    await makeIssuer(store, keys, root, want, { ...facts, keyName })
  }
  return missing.length
}

function serves(row: IssuerRow, want: WantedIssuer, now: number): boolean {
  return (
    row.app_id === want.appId &&
    row.kind === want.kind &&
    row.status === 'active' &&
    row.not_after - succeedBeforeMs > now
  )
}

async function makeIssuer(
  store: Store,
  keys: KeyProvider,
  root: Issuer,
  { appId, kind }: WantedIssuer,
  facts: { trustDomain: string; now: number; keyName: string },
): Promise<void> {
  const { now, keyName } = facts
  const trustDomain =
    kind === 'development' ? developmentTrustDomain(facts.trustDomain) : facts.trustDomain
  const key = await openOrCreateKey(keys, keyName, 'ec-p256')
  const certificate = await issueDeviceCa({ root, key, appId, trustDomain, kind, now })
  const row: IssuerRow = {
    id: certificate.spkiSha256,
    kind,
    app_id: appId,
    trust_domain: trustDomain,
    key_name: keyName,
    certificate: certificate.der,
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
    status: 'active',
  }
  await store.write(async (tx) => {
    await tx.insertInto('issuers').values(row).execute()
    await appendChange(tx, {
      at: now,
      kind: 'issuer',
      key: row.id,
      status: 'active',
      until: row.not_after,
      issuer: trustedIssuer(row),
    })
    await appendAudit(tx, {
      at: now,
      actor: 'authority',
      action: 'issuer.created',
      subject: row.id,
      detail: { appId, kind, trustDomain, notAfter: row.not_after },
    })
  })
}
