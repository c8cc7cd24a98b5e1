import { type Certificate, parseCertificate, type TrustBundle } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { type IssuerKind, toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
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
  /** Those that are to issue, and whose key this signer has not: another machine made it. */
  readonly missing: readonly IssuingCa[]
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
  { signer, log, now }: { signer: Signer; log: Logger; now: () => number },
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
  const missing: IssuingCa[] = []
  for (const row of rows) {
    const ca = byId.get(row.id)
    if (ca === undefined || row.status !== 'active') continue
    active.push(ca)
    const { held: isHeld } = await signer.holdsIssuer({ issuer: ca.reference })
    if (isHeld) held.push(ca)
    else missing.push(ca)
  }
  for (const { appId, kind, lane, reference } of missing) {
    log.error({ appId, kind, lane, key: reference.keyName }, 'THE KEY OF A CA IS NOT HERE')
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
    missing,
    byId: (id) => byId.get(id),
    due() {
      const lanes = Map.groupBy(active, ({ appId, kind, lane }) =>
        JSON.stringify([appId, kind, lane]),
      )
      return [...lanes.values()].flatMap((of) => {
        const ca = latestOf(of, now())
        return ca === undefined ? [] : [{ ca, held: held.includes(ca) }]
      })
    },
    issuing(appId, kind, lane = '') {
      const of = held.filter((ca) => ca.appId === appId && ca.kind === kind && ca.lane === lane)
      const ca = latestOf(of, now())
      if (ca !== undefined) return ca
      throw new Problem('issuer_missing', {
        expected: `an active CA for ${kind} certificates of ${appId}${lane === '' ? '' : `, lane ${lane}`}, whose key is here`,
        found: 'none',
      })
    },
  }
}

/** Of a lane: the last that has begun to issue; one that was only announced, where it is alone. */
function latestOf(of: readonly IssuingCa[], now: number): IssuingCa | undefined {
  return of.findLast(({ issuesFrom }) => issuesFrom <= now) ?? of[0]
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
