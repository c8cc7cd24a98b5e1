import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { trustedIssuer } from '../issuers/trusted-issuer.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Store } from '../store/store.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'
import { appendChange } from './append-change.ts'

const setting = 'issued_apps'

/**
 * The apps whose certificates gateways know one by one, as they were told last. It stands in the store, so that
 * whatever is issued after the list was begun is told of by the transaction that issues it.
 */
export async function listedApps(store: Kysely<Tables>): Promise<readonly string[]> {
  const text = await readSetting(store, setting)
  // Written below, by us.
  return text === undefined ? [] : (JSON.parse(text) as string[])
}

/**
 * Has gateways know the certificates of these apps, and of no others. Each that hears it takes a snapshot, which
 * lists what was issued before, and goes by the list from then on.
 */
export async function listApps(store: Store, apps: readonly string[], now: number): Promise<void> {
  const wanted = apps.toSorted()
  if ((await listedApps(store.read)).join(' ') === wanted.join(' ')) return
  await store.write(async (tx) => {
    const before = await listedApps(tx)
    if (before.join(' ') === wanted.join(' ')) return
    await writeSetting(tx, setting, JSON.stringify(wanted))
    const issuers = await tx
      .selectFrom('issuers')
      .selectAll()
      .where('status', 'in', ['active', 'retired'])
      .where('not_after', '>', now)
      .execute()
    for (const row of issuers) {
      const isListed = wanted.includes(row.app_id)
      if (isListed === before.includes(row.app_id)) continue
      await appendChange(tx, {
        at: now,
        kind: 'issuer',
        key: row.id,
        status: 'active',
        until: row.not_after,
        issuer: trustedIssuer(row, isListed),
      })
    }
    await appendAudit(tx, {
      at: now,
      actor: 'authority',
      action: 'feed.listed-apps',
      subject: wanted.join(' ') || 'none',
      detail: changed({ apps: [...before] }, { apps: wanted }),
    })
  })
}

/** Tells gateways of a certificate that was issued, where they know those of its app. */
export async function tellIssued(
  store: Kysely<Tables>,
  { app_id, thumbprint, not_after }: Pick<CertificateRow, 'app_id' | 'thumbprint' | 'not_after'>,
  now: number,
): Promise<void> {
  if (!(await listedApps(store)).includes(app_id)) return
  await appendChange(store, {
    at: now,
    kind: 'certificate',
    key: thumbprint,
    status: 'issued',
    until: not_after,
  })
}
