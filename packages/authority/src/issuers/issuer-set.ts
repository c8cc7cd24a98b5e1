import {
  type Certificate,
  type Issuer,
  type KeyProvider,
  parseCertificate,
  type TrustBundle,
} from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { IssuerRow, Tables } from '../store/tables.ts'
import { readRoot } from './roots.ts'

export type IssuingCa = {
  readonly id: string
  readonly appId: string
  readonly kind: 'device' | 'development'
  readonly trustDomain: string
  readonly certificate: Certificate
}

/** The CAs of this deployment, read once at start. */
export type IssuerSet = {
  /** What the authority itself believes: its own issuers, development ones included. */
  readonly bundle: TrustBundle
  /** The root that gateway certificates come from. */
  readonly serviceRoot: Certificate
  byId(id: string): IssuingCa | undefined
  /** The CA that issues now for an app, with its key. */
  signing(appId: string, kind: IssuingCa['kind']): { ca: IssuingCa; issuer: Issuer }
}

/**
 * Reads the issuers and opens the keys of those that issue.
 *
 * @throws Problem `config_invalid` where the store was never initialized; `key_passphrase_wrong`
 */
export async function loadIssuers(store: Kysely<Tables>, keys: KeyProvider): Promise<IssuerSet> {
  const service = await readRoot(store, 'service')
  if (service === undefined) {
    throw new Problem('config_invalid', {
      detail: 'The store was never initialized: run `sallyport init`',
    })
  }
  const rows = await store
    .selectFrom('issuers')
    .selectAll()
    .where('status', '=', 'active')
    .orderBy('not_after')
    .execute()
  const byId = new Map<string, IssuingCa>()
  const signing = new Map<string, { ca: IssuingCa; issuer: Issuer }>()
  for (const row of rows) byId.set(row.id, toIssuingCa(row))
  // The newest of each app and kind issues; the ones before it are believed as long as they last.
  const newest = new Map(rows.map((row) => [`${row.kind}/${row.app_id}`, row]))
  for (const [name, row] of newest) {
    const ca = byId.get(row.id)
    if (ca === undefined) continue
    const key = await keys.open(row.key_name)
    signing.set(name, { ca, issuer: { certificate: ca.certificate, key } })
  }
  return {
    bundle: {
      version: 1,
      allowDevelopment: true,
      issuers: [...byId.values()].map((ca) => ({ ...ca, own: true })),
    },
    serviceRoot: service.certificate,
    byId: (id) => byId.get(id),
    signing(appId, kind) {
      const found = signing.get(`${kind}/${appId}`)
      if (found === undefined) throw new TypeError(`No ${kind} CA of app ${appId}`)
      return found
    },
  }
}

function toIssuingCa(row: IssuerRow): IssuingCa {
  return {
    id: row.id,
    appId: row.app_id,
    kind: row.kind,
    trustDomain: row.trust_domain,
    certificate: parseCertificate(row.certificate),
  }
}
