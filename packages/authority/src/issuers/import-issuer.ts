import {
  type Certificate,
  isIssuedBy,
  issuerPolicies,
  nameConstraintsFor,
  nameText,
  oids,
  parseCertificate,
} from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, made } from '../audit/change.ts'
import type { Authority } from '../authority.ts'
import type { CaReference, Signer } from '../signer/signer.ts'
import type { Bound } from '../signer/signer-refusal.ts'
import type { IssuerRow, RootKind } from '../store/tables.ts'
import { activeRow, announceIssuer, isOf, readIssuers } from './ensure-issuers.ts'
import { rootKeyName } from '../signer/key-names.ts'
import { readRoot } from './roots.ts'

type Brought = {
  readonly certificate: Certificate
  readonly root: Certificate
  readonly row: IssuerRow
  readonly now: number
}

/** What a root must have said of an issuing CA: exactly the profile that we issue it by ourselves. */
const checks: readonly Bound<Brought>[] = [
  {
    holds: ({ certificate, root }) => isIssuedBy(certificate, root),
    expected: ({ root }) => `a certificate issued by ${nameText(root.subject)}`,
    found: ({ certificate }) =>
      `one issued by ${nameText(certificate.issuer)}, or with a signature that does not verify`,
  },
  {
    holds: ({ certificate, now }) => certificate.notBefore <= now && now < certificate.notAfter,
    expected: () => 'a certificate in date',
    found: ({ certificate }) =>
      `one from ${new Date(certificate.notBefore).toISOString()} to ${new Date(certificate.notAfter).toISOString()}`,
  },
  {
    holds: ({ certificate }) =>
      certificate.extensions.get(oids.basicConstraints)?.critical === true &&
      certificate.keyUsage?.has('keyCertSign') === true &&
      certificate.keyUsage.has('cRLSign') &&
      !certificate.keyUsage.has('digitalSignature'),
    expected: () => 'critical basic constraints, key usage keyCertSign and cRLSign alone',
    found: ({ certificate }) => [...(certificate.keyUsage ?? [])].join(', '),
  },
  {
    holds: ({ certificate }) =>
      certificate.extendedKeyUsage?.length === 1 &&
      certificate.extendedKeyUsage[0] === oids.clientAuth,
    expected: () => 'extended key usage clientAuth alone',
    found: ({ certificate }) => (certificate.extendedKeyUsage ?? []).join(', ') || 'none',
  },
  {
    holds: ({ certificate, row }) => {
      const constraints = certificate.extensions.get(oids.nameConstraints)
      return (
        constraints?.critical === true &&
        nameConstraintsFor(row.trust_domain).equals(constraints.value)
      )
    },
    expected: ({ row }) => `critical name constraints to URIs of ${row.trust_domain} alone`,
    found: () => 'others, or none',
  },
  {
    holds: ({ certificate, row }) => {
      const policies = issuerPolicies[row.kind]
      return (
        certificate.policies.length === policies.length &&
        policies.every((policy) => certificate.policies.includes(policy))
      )
    },
    expected: ({ row }) => `the policies of a CA of kind ${row.kind}`,
    found: ({ certificate }) => certificate.policies.join(', ') || 'none',
  },
]

/**
 * Takes the certificate of a CA whose request is out. It is announced, and issues as soon as every gateway
 * has heard of it.
 *
 * @throws Problem `issuer_certificate_refused`, and those of the signer
 */
export async function importIssuer(
  authority: Authority,
  order: { der: Uint8Array; actor: string; announcedMs?: number },
): Promise<IssuerRow> {
  const { store, signer } = authority
  const now = authority.now()
  const certificate = parseCertificate(order.der)
  const rows = await readIssuers(store.read)
  const pending = rows.find(
    ({ id, status }) => id === certificate.spkiSha256 && status === 'pending',
  )
  if (pending === undefined) {
    throw new Problem('issuer_certificate_refused', {
      expected: 'the certificate of a request that is out: sallyport ca list',
      found: `one of key ${certificate.spkiSha256}`,
    })
  }
  const rootKind: RootKind = pending.kind === 'development' ? 'development' : 'device'
  const root = await readRoot(store.read, rootKind)
  if (root === undefined) throw new TypeError(`No root of kind ${rootKind}`)
  refuse({ certificate, root: root.certificate, row: pending, now })
  const ca = { keyName: pending.key_name, certificate: toBase64url(certificate.der) }
  await requireTaken(signer, ca)
  const scope = { kind: pending.kind, appId: pending.app_id, lane: pending.lane }
  const isFirst = !rows.some((row) => isOf(row, scope) && row.status === 'active')
  const row = activeRow(pending, ca, { ...order, isFirst, now })
  await store.write(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('issuers')
      .set({ ...row, request: pending.request })
      .where('id', '=', row.id)
      .where('status', '=', 'pending')
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return
    await announceIssuer(tx, row, now)
    await appendAudit(tx, {
      at: now,
      actor: order.actor,
      action: 'issuer.imported',
      subject: row.id,
      detail: {
        appId: row.app_id,
        kind: row.kind,
        ...changed(
          { status: pending.status, notAfter: null },
          { status: row.status, notAfter: row.not_after },
        ),
      },
    })
  })
  await authority.refreshIssuers()
  return row
}

/** The signer looks at what it will sign by for itself. */
async function requireTaken(signer: Signer, issuer: CaReference): Promise<void> {
  try {
    await signer.holdsIssuer({ issuer })
  } catch (error) {
    if (!isProblem(error) || error.code !== 'signer_refused') throw error
    throw new Problem('issuer_certificate_refused', {
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(error.found === undefined ? {} : { found: error.found }),
      cause: error,
    })
  }
}

function refuse(brought: Brought): void {
  const broken = checks.find(({ holds }) => !holds(brought))
  if (broken === undefined) return
  throw new Problem('issuer_certificate_refused', {
    expected: broken.expected(brought),
    found: broken.found(brought),
  })
}

/**
 * Takes the certificate of a root whose key is kept elsewhere, in place of the one before. CAs that were
 * issued are believed as before; new ones are requested of this root.
 *
 * @throws Problem `issuer_certificate_refused`
 */
export async function importRoot(
  authority: Authority,
  { der, kind, actor }: { der: Uint8Array; kind: 'device' | 'development'; actor: string },
): Promise<Certificate> {
  const now = authority.now()
  const certificate = parseCertificate(der)
  const isRoot =
    certificate.isCa &&
    certificate.pathLength === 1 &&
    certificate.keyUsage?.has('keyCertSign') === true &&
    isIssuedBy(certificate, certificate) &&
    certificate.notBefore <= now &&
    now < certificate.notAfter
  if (!isRoot) {
    throw new Problem('issuer_certificate_refused', {
      expected: 'a self-signed CA in date, of path length 1, as `sallyport ca init` makes it',
      found: nameText(certificate.subject),
    })
  }
  await authority.store.write(async (tx) => {
    const row = { kind, key_name: rootKeyName(kind), certificate: certificate.der }
    const before = await readRoot(tx, kind)
    await tx.deleteFrom('roots').where('kind', '=', kind).execute()
    await tx.insertInto('roots').values(row).execute()
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'root.imported',
      subject: kind,
      detail:
        before === undefined
          ? made(factsOf(certificate))
          : changed(factsOf(before.certificate), factsOf(certificate)),
    })
  })
  return certificate
}

function factsOf({ thumbprint, notAfter }: Certificate) {
  return { thumbprint, notAfter }
}
