import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRevoked } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { importRootList } from '../../src/published/import-root-list.ts'
import { fullList } from '../../src/published/published-addresses.ts'
import { type Assembled, assemble } from './assembled.ts'

const hourMs = 3_600_000

async function withRoot(
  work: (
    assembled: Assembled,
    signed: (changes?: Partial<Signed>) => Promise<Buffer>,
  ) => Promise<void>,
): Promise<void> {
  const assembled = await assemble()
  await assembled.round()
  const { authority } = assembled
  const { root, issuer } = await assembled.issuers()
  const { number } = await assembled.list(fullList, root.id)
  const now = Math.floor(Date.now())
  // As it is signed where the key of the root is.
  const signed = async (changes: Partial<Signed> = {}) => {
    const { by = 'root', ...fields } = changes
    const asked = {
      number: number + 1,
      thisUpdate: now - 60_000,
      nextUpdate: now + 24 * hourMs,
      entries: '',
      ...fields,
    }
    const { list } =
      by === 'root'
        ? await authority.signer.rootRevocationList({ issuer: root.reference, ...asked })
        : await authority.signer.revocationList({ issuer: issuer.reference, ...asked })
    return Buffer.from(list, 'base64url')
  }
  try {
    await work(assembled, signed)
  } finally {
    await assembled.close()
  }
}

type Signed = {
  by: 'root' | 'issuer'
  number: number
  thisUpdate: number
  nextUpdate: number
  entries: string
  scope: { addresses: string[]; onlyUserCertificates: boolean }
}

const bring = ({ authority }: Assembled, der: Buffer) =>
  authority.store.write((tx) =>
    importRootList(tx, { der, actor: 'operator', now: Math.floor(authority.now()) }),
  )
const isRefused = (found: RegExp) => (error: unknown) =>
  isProblem(error) && error.code === 'revocation_list_refused' && found.test(error.found ?? '')

test('a list that the root signed elsewhere is published, and audited', () =>
  withRoot(async (assembled, signed) => {
    const { root } = await assembled.issuers()
    const der = await signed()
    assert.equal(await bring(assembled, der), root.id)
    assert.deepEqual((await assembled.list(fullList, root.id)).der, der)
    const row = await assembled.authority.store.read
      .selectFrom('audit')
      .select(['subject', 'actor', 'detail'])
      .where('action', '=', 'list.imported')
      .executeTakeFirstOrThrow()
    assert.deepEqual([row.subject, row.actor], [root.id, 'operator'])
    const { before: was, after: is } = JSON.parse(row.detail)
    assert.equal(is.number, was.number + 1)
    // It is no reason to issue another one.
    await assembled.round()
    assert.deepEqual((await assembled.list(fullList, root.id)).der, der)
  }))

test('what is not such a list is refused, and the one before it stays', () =>
  withRoot(async (assembled, signed) => {
    const { root } = await assembled.issuers()
    const before = await assembled.list(fullList, root.id)
    const now = Date.now()
    const scope = { addresses: ['http://status.example.com/x'], onlyUserCertificates: true }
    const refusals: readonly [Buffer, RegExp][] = [
      [Buffer.from('not a list'), /CertificateList/],
      [Buffer.alloc(100_000), /100000 bytes/],
      [await signed({ by: 'issuer' }), /another/],
      [await signed({ number: 1 }), /^1$/],
      [await signed({ scope }), /one of some/],
      [await signed({ thisUpdate: now - 48 * hourMs, nextUpdate: now - hourMs }), /one from/],
      [await signed({ thisUpdate: now + 300_000 }), /one from/],
    ]
    for (const [der, found] of refusals) {
      await assert.rejects(bring(assembled, der), isRefused(found))
    }
    assert.equal((await assembled.list(fullList, root.id)).number, before.number)
  }))

test('a CA that was withdrawn here stays on the list of its root', () =>
  withRoot(async (assembled, signed) => {
    const { issuer } = await assembled.issuers()
    await assembled.authority.store.write((tx) =>
      tx.updateTable('issuers').set({ status: 'revoked' }).where('id', '=', issuer.id).execute(),
    )
    await assembled.round()
    const number = Date.now() + hourMs
    await assert.rejects(bring(assembled, await signed({ number })), isRefused(/not it/))
    const { serial } = issuer.certificate
    const entries = encodeRevoked([{ serial, revokedAt: Date.now() }]).toString('base64url')
    await bring(assembled, await signed({ number, entries }))
  }))
