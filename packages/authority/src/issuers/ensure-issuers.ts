import { createHash } from 'node:crypto'
import { parseCertificate } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { developmentTrustDomain } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import { appendChange } from '../feed/append-change.ts'
import { bytesOf } from '../signer/bytes.ts'
import type { IssuerScope } from '../signer/key-names.ts'
import type { CaReference, Signer } from '../signer/signer.ts'
import type { Store } from '../store/store.ts'
import type { IssuerRow, Tables } from '../store/tables.ts'
import { openRoot, type Root } from './roots.ts'
import { listedApps } from '../feed/issued-list.ts'
import { trustedIssuer } from './trusted-issuer.ts'

/** An issuing CA is followed by a new one this long before it ends; its certificates live on. */
const succeedBeforeMs = 400 * 24 * 3_600_000
/** Or, where it lives for less than three times that, in the last third of its life. */
const lastPart = 1 / 3
/** A CA that follows another is announced at least this long before it issues. */
const announcedMs = 60_000

export type IssuerFacts = {
  trustDomain: string
  now: number
  actor?: string
  /** Longer, for clients that ask for the CA to come. */
  announcedMs?: number
}

/**
 * Makes the issuing CAs that are wanted and not there: of an app that is new in the configuration,
 * or whose CA ends soon. Gateways hear of each by the feed.
 *
 * @returns those that were made; those whose root is elsewhere wait for their certificate
 */
export async function ensureIssuers(
  store: Store,
  signer: Signer,
  wanted: readonly IssuerScope[],
  facts: IssuerFacts,
): Promise<IssuerRow[]> {
  const rows = await readIssuers(store.read)
  const missing = wanted.filter(
    (scope) => !rows.some((row) => isOf(row, scope) && serves(row, facts.now)),
  )
  const made: IssuerRow[] = []
  for (const scope of missing) made.push(await makeIssuer(store, signer, scope, facts))
  return made
}

/** All issuing CAs, the oldest first. */
export function readIssuers(store: Kysely<Tables>): Promise<IssuerRow[]> {
  return store
    .selectFrom('issuers')
    .selectAll()
    .orderBy('issues_from')
    .orderBy('not_after')
    .execute()
}

export function isOf(row: IssuerRow, { kind, appId, lane }: IssuerScope): boolean {
  return row.kind === kind && row.app_id === appId && row.lane === lane
}

function serves({ status, not_before, not_after }: IssuerRow, now: number): boolean {
  if (status === 'pending') return true
  const before = Math.min(succeedBeforeMs, (not_after - not_before) * lastPart)
  return status === 'active' && not_after - before > now
}

/**
 * Makes one more issuing CA of an app. Where the key of its root is here it issues soon; else a request
 * for it is kept, until its certificate is brought.
 *
 * @throws Problem of the signer
 */
export async function makeIssuer(
  store: Store,
  signer: Signer,
  scope: IssuerScope,
  facts: IssuerFacts,
): Promise<IssuerRow> {
  const { kind, appId, lane } = scope
  const before = (await readIssuers(store.read)).filter((row) => isOf(row, scope))
  const generation = before.length + 1
  const trustDomain =
    kind === 'development' ? developmentTrustDomain(facts.trustDomain) : facts.trustDomain
  const base = { kind, app_id: appId, lane, trust_domain: trustDomain }
  const rootKind = kind === 'development' ? 'development' : 'device'
  const root = await openRoot(store, signer, rootKind, facts.now)
  const ca = await issueHere(signer, scope, { generation, root })
  if (ca !== undefined) {
    // Where none issues now, there is nothing that an announcement could be waited for beside.
    const isFirst = !before.some(({ status }) => status === 'active')
    const row = activeRow(base, ca, { ...facts, isFirst })
    return store.write((tx) => recordIssuer(tx, row, facts))
  }
  const { keyName, spkiSha256, request } = await requestOf(signer, scope, generation)
  const row: IssuerRow = {
    ...base,
    id: spkiSha256,
    key_name: keyName,
    certificate: Buffer.alloc(0),
    not_before: 0,
    not_after: 0,
    issues_from: 0,
    status: 'pending',
    request,
  }
  return store.write((tx) => recordIssuer(tx, row, facts))
}

/** Undefined where the key of the root is elsewhere. */
async function issueHere(
  signer: Signer,
  scope: IssuerScope,
  { generation, root }: { generation: number; root: Root },
): Promise<CaReference | undefined> {
  try {
    return await signer.issuingCa({ ...scope, generation, root: root.reference })
  } catch (error) {
    if (isProblem(error) && error.code === 'key_missing') return undefined
    throw error
  }
}

async function requestOf(signer: Signer, scope: IssuerScope, generation: number) {
  const { keyName, request } = await signer.issuingCaRequest({ ...scope, generation })
  const { spki } = await signer.publicKey({ keyName })
  return {
    keyName,
    request: bytesOf(request),
    spkiSha256: createHash('sha256').update(bytesOf(spki)).digest('base64url'),
  }
}

/** A CA as it stands in the store once it has its certificate. */
export function activeRow(
  base: Pick<IssuerRow, 'kind' | 'app_id' | 'lane' | 'trust_domain'>,
  ca: { keyName: string; certificate: string },
  facts: Pick<IssuerFacts, 'now' | 'announcedMs'> & { isFirst: boolean },
): IssuerRow {
  const certificate = parseCertificate(bytesOf(ca.certificate))
  return {
    ...base,
    id: certificate.spkiSha256,
    key_name: ca.keyName,
    certificate: certificate.der,
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
    issues_from: facts.isFirst ? facts.now : facts.now + (facts.announcedMs ?? announcedMs),
    status: 'active',
    request: null,
  }
}

/**
 * Writes a CA, and announces it where it is one already.
 *
 * @returns the one that counts: of this name another authority may have made one meanwhile
 */
async function recordIssuer(
  tx: Kysely<Tables>,
  row: IssuerRow,
  { now, actor = 'authority' }: IssuerFacts,
): Promise<IssuerRow> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('issuers')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n) {
    const same = tx.selectFrom('issuers').selectAll().where('key_name', '=', row.key_name)
    return same.executeTakeFirstOrThrow()
  }
  if (row.status === 'active') await announceIssuer(tx, row, now)
  const { kind, app_id: appId, lane, status, trust_domain: trustDomain, not_after: notAfter } = row
  await appendAudit(tx, {
    at: now,
    actor,
    action: row.status === 'pending' ? 'issuer.requested' : 'issuer.created',
    subject: row.id,
    detail: { appId, ...made({ status, kind, lane, trustDomain, notAfter }) },
  })
  return row
}

/** Has gateways believe a CA. */
export async function announceIssuer(
  tx: Kysely<Tables>,
  row: IssuerRow,
  now: number,
): Promise<void> {
  await appendChange(tx, {
    at: now,
    kind: 'issuer',
    key: row.id,
    status: 'active',
    until: row.not_after,
    issuer: trustedIssuer(row, (await listedApps(tx)).includes(row.app_id)),
  })
}
