import { type Certificate, parseCertificate, type TrustBundle } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { type IssuerKind, toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { CaReference, Signer } from '../signer/signer.ts'
import type { IssuerRow, IssuerStatus, Tables } from '../store/tables.ts'
import { readIssuers } from './ensure-issuers.ts'
import { readRoot, type Root } from './roots.ts'

export type IssuingCa = {
  readonly id: string
  readonly appId: string
  readonly kind: IssuerKind
  readonly lane: string
  readonly trustDomain: string
  readonly status: IssuerStatus
  readonly certificate: Certificate
  /** How the signer is told of it. */
  readonly reference: CaReference
  readonly issuesFrom: number
}

/** The CAs of this deployment, as they were when it was read. */
export type IssuerSet = {
  /** What the authority itself believes: its own issuers, development ones included. */
  readonly bundle: TrustBundle
  /** The root that gateway certificates come from. */
  readonly serviceRoot: Root
  /** Revoked ones included. */
  byId(id: string): IssuingCa | undefined
  /**
   * The CA that issues now. `lane` is empty but where an app has several CAs of a kind.
   *
   * @throws Problem `issuer_missing`
   */
  issuing(appId: string, kind: IssuerKind, lane?: string): IssuingCa
  /** Of each app, kind and lane the CA that is to issue now, and whether the signer here has its key. */
  due(): readonly { readonly ca: IssuingCa; readonly held: boolean }[]
}

/**
 * Reads the issuers, and asks which of them the signer can sign by.
 *
 * @throws Problem `config_invalid` where the store was never initialized; what opening a key throws
 */
export async function loadIssuers(
  store: Kysely<Tables>,
  { signer, now }: { signer: Signer; now: () => number },
): Promise<IssuerSet> {
  const serviceRoot = await readRoot(store, 'service')
  if (serviceRoot === undefined) {
    throw new Problem('config_invalid', {
      detail: 'The store was never initialized: run `sallyport init`',
    })
  }
  const rows = (await readIssuers(store)).filter(({ certificate }) => certificate.length > 0)
  const byId = new Map(rows.map((row) => [row.id, toIssuingCa(row)]))
  const active: IssuingCa[] = []
  const held: IssuingCa[] = []
  for (const row of rows) {
    const ca = byId.get(row.id)
    if (ca === undefined || row.status !== 'active') continue
    active.push(ca)
    if ((await signer.holdsIssuer({ issuer: ca.reference })).held) held.push(ca)
  }
  return {
    bundle: {
      version: 1,
      allowDevelopment: true,
      issuers: [...byId.values()]
        .filter(({ status }) => status !== 'revoked')
        .map((ca) => ({ ...ca, own: true })),
    },
    serviceRoot,
    byId: (id) => byId.get(id),
    due() {
      const begun = active.filter(({ issuesFrom }) => issuesFrom <= now())
      const lanes = new Map(
        begun.map((ca) => [JSON.stringify([ca.appId, ca.kind, ca.lane]), ca] as const),
      )
      return [...lanes.values()].map((ca) => ({ ca, held: held.includes(ca) }))
    },
    issuing(appId, kind, lane = '') {
      const of = held.filter((ca) => ca.appId === appId && ca.kind === kind && ca.lane === lane)
      const ca = of.findLast(({ issuesFrom }) => issuesFrom <= now()) ?? of[0]
      if (ca !== undefined) return ca
      throw new Problem('issuer_missing', {
        expected: `an active CA for ${kind} certificates of ${appId}${lane === '' ? '' : `, lane ${lane}`}, whose key is here`,
        found: 'none',
      })
    },
  }
}

function toIssuingCa(row: IssuerRow): IssuingCa {
  const certificate = parseCertificate(row.certificate)
  return {
    id: row.id,
    appId: row.app_id,
    kind: row.kind,
    lane: row.lane,
    trustDomain: row.trust_domain,
    status: row.status,
    certificate,
    reference: { keyName: row.key_name, certificate: toBase64url(certificate.der) },
    issuesFrom: row.issues_from,
  }
}
