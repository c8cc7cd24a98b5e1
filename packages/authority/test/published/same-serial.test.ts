import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Certificate, isIssuedBy, parseCertificate, type SigningKey } from '@sallyport/pki'
import { derBitString, derSequence, readDer, tags } from '@sallyport/pki/der'
import { withdrawIssuer } from '../../src/issuers/end-issuer.ts'
import { findStatuses } from '../../src/published/ocsp/find-statuses.ts'
import { publishDevices } from '../../src/published/record-revocation.ts'
import { readListIssuers } from '../../src/published/list-issuers.ts'
import { fullList } from '../../src/published/published-addresses.ts'
import { openKeys } from '../../src/signer/open-keys.ts'
import { passphrase } from '../fixture/deployment.ts'
import { type Assembled, assemble } from './assembled.ts'
import { insertPublishedDevices } from './published-devices.ts'

// A serial number is unique under one CA (RFC 5280 §4.1.2.2). A root that we did not make counts from 1.

/** Two CAs of two roots, of one serial number and one end. */
async function twins({ authority, directory }: Assembled) {
  const { store } = authority
  const keys = openKeys(authority.config, {
    directory,
    environment: { SALLYPORT_PASSPHRASE: passphrase },
  })
  const all = await readListIssuers(store.read)
  const find = (root: string, isRoot: boolean) => {
    const found = all.find((one) => one.root === root && (one.appId === undefined) === isRoot)
    assert.ok(found !== undefined)
    return found
  }
  const [one, other] = [find('device', false), find('development', false)]
  const root = find('development', true)
  const { der } = await signAnew(
    other.certificate,
    one.certificate,
    await keys.open(root.reference.keyName),
  )
  assert.ok(isIssuedBy(parseCertificate(der), root.certificate))
  await store.write((tx) =>
    tx
      .updateTable('issuers')
      .set({ certificate: der, not_after: one.certificate.notAfter })
      .where('id', '=', other.id)
      .execute(),
  )
  await authority.refreshIssuers()
  return { one, other, roots: { one: find('device', true), other: root } }
}

/** The same certificate, with serial number and dates of another one. */
async function signAnew(certificate: Certificate, like: Certificate, key: SigningKey) {
  const [old, wanted] = [partsOf(certificate.der), partsOf(like.der)]
  const fields = old.fields.with(1, wanted.fields[1] ?? Buffer.alloc(0))
  const tbs = derSequence(...fields.with(4, wanted.fields[4] ?? Buffer.alloc(0)))
  const signature = derBitString(await key.sign(tbs))
  return parseCertificate(derSequence(tbs, old.algorithm, signature))
}

function partsOf(der: Uint8Array) {
  const whole = readDer(der).enter('Certificate')
  const tbs = whole.next(tags.sequence)
  const algorithm = whole.next(tags.sequence).whole
  const cursor = tbs.enter('TBSCertificate')
  const fields: Buffer[] = []
  while (!cursor.isDone) fields.push(cursor.next().whole)
  return { algorithm, fields }
}

const withdraw = ({ authority }: Assembled, id: string) =>
  withdrawIssuer(authority, { id, reason: 'leaked', actor: 'operator' })

test('of two CAs with one serial number, of two roots, each is on the list of its own root once it is withdrawn', async () => {
  const assembled = await assemble()
  try {
    const { authority, list, round } = assembled
    const { one, other, roots } = await twins(assembled)
    const { serial } = one.certificate
    await round()
    await withdraw(assembled, one.id)
    await round()
    assert.ok((await list(fullList, roots.one.id)).revoked.has(serial))
    assert.ok(!(await list(fullList, roots.other.id)).revoked.has(serial))
    // So much later that the times differ.
    const [first] = await revokedAt(assembled, serial)
    const later = { ...authority, config: authority.config, now: () => authority.now() + 5_000 }
    await withdrawIssuer(later, { id: other.id, reason: 'leaked', actor: 'operator' })
    await round()
    assert.ok((await list(fullList, roots.other.id)).revoked.has(serial))
    assert.equal((await revokedAt(assembled, serial)).length, 2)
    // OCSP says of each since when it is.
    const of = async (id: string) => {
      const issuer = (await readListIssuers(authority.store.read)).find((each) => each.id === id)
      assert.ok(issuer !== undefined)
      const status = (await findStatuses(authority.store.read, issuer, ['01']))('01')
      assert.ok(status.status === 'revoked')
      return status.revokedAt
    }
    assert.equal(await of(one.id), first)
    assert.ok((await of(other.id)) >= (first ?? 0) + 5_000)
    // What is told stays told once.
    await round()
    assert.equal((await revokedAt(assembled, serial)).length, 2)
  } finally {
    await assembled.close()
  }
})

async function revokedAt({ authority }: Assembled, serial: string): Promise<number[]> {
  const rows = await authority.store.read
    .selectFrom('revocations')
    .select('revoked_at')
    .where('serial', '=', serial)
    .orderBy('revoked_at')
    .execute()
  return rows.map(({ revoked_at }) => revoked_at)
}

test('a device whose serial number a withdrawn CA of an outside root has is on hold, and off it, all the same', async () => {
  const assembled = await assemble()
  try {
    const { authority, round, list } = assembled
    const { store } = authority
    const { one, other } = await twins(assembled)
    await round()
    await withdraw(assembled, one.id)
    const now = Math.floor(authority.now())
    const { ids } = await insertPublishedDevices(store, 1, { issuerId: other.id, now })
    const { serial } = one.certificate
    await store.write((tx) => tx.updateTable('certificates').set({ serial }).execute())
    const hold = (status: 'suspended' | 'active') =>
      store.write((tx) => publishDevices(tx, ids, { status, now }))
    const isOnList = async () => {
      await round()
      return (await list(fullList, other.id)).revoked.has(serial)
    }
    const [status] = [await findStatuses(store.read, other, [serial])]
    assert.deepEqual([await isOnList(), status(serial).status], [false, 'good'])
    await hold('suspended')
    assert.equal(await isOnList(), true)
    await hold('active')
    assert.equal(await isOnList(), false)
    assert.equal((await revokedAt(assembled, serial)).length, 1)
  } finally {
    await assembled.close()
  }
})
