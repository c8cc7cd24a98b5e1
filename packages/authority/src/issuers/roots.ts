import {
  createRoot,
  type Issuer,
  type KeyKind,
  type KeyProvider,
  parseCertificate,
  type SigningKey,
} from '@sallyport/pki'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import type { Store } from '../store/store.ts'
import type { RootKind, Tables } from '../store/tables.ts'

const commonNames: Record<RootKind, string> = {
  device: 'Device Root',
  service: 'Service Root',
  development: 'Development Root',
}

/** Makes a root and its key. The three roots never cross-sign. */
async function makeRoot(
  store: Store,
  keys: KeyProvider,
  kind: RootKind,
  facts: { trustDomain: string; now: number },
): Promise<Issuer> {
  const keyName = `${kind}-root`
  const key = await openOrCreateKey(keys, keyName, 'ec-p384')
  const commonName = `Sallyport ${commonNames[kind]} ${facts.trustDomain}`.slice(0, 64)
  const certificate = await createRoot({ key, commonName, kind, now: facts.now })
  await store.write(async (tx) => {
    await tx
      .insertInto('roots')
      .values({ kind, key_name: keyName, certificate: certificate.der })
      .execute()
    await appendAudit(tx, {
      at: facts.now,
      actor: 'authority',
      action: 'root.created',
      subject: kind,
      detail: { thumbprint: certificate.thumbprint, notAfter: certificate.notAfter },
    })
  })
  return { certificate, key }
}

/** The certificate of a root, or undefined where there is none of this kind. */
export async function readRoot(store: Kysely<Tables>, kind: RootKind) {
  const row = await store
    .selectFrom('roots')
    .selectAll()
    .where('kind', '=', kind)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return { certificate: parseCertificate(row.certificate), keyName: row.key_name }
}

/** A root with its key, made where there is none. */
export async function openRoot(
  store: Store,
  keys: KeyProvider,
  kind: RootKind,
  facts: { trustDomain: string; now: number },
): Promise<Issuer> {
  const root = await readRoot(store.read, kind)
  if (root === undefined) return makeRoot(store, keys, kind, facts)
  return { certificate: root.certificate, key: await keys.open(root.keyName) }
}

/** A process that ended between a key and the row that names it left a key that can be used. */
export async function openOrCreateKey(
  keys: KeyProvider,
  name: string,
  kind: KeyKind,
): Promise<SigningKey> {
  const names = await keys.list()
  return names.includes(name) ? keys.open(name) : keys.create(name, kind)
}
