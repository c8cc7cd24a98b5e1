import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isListOf } from '@sallyport/pki'
import { endCertificate } from '../../src/devices/certificate-status.ts'
import { withdrawIssuer } from '../../src/issuers/end-issuer.ts'
import { issueList } from '../../src/published/issue-list.ts'
import { fullList, publishedPaths } from '../../src/published/published-addresses.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Assembled, assemble, statusUrl } from './assembled.ts'
import { insertRevoked } from './many-revoked.ts'
import { insertPublishedDevices } from './published-devices.ts'

const hourMs = 3_600_000

async function withAuthority(
  work: (assembled: Assembled, clock: ReturnType<typeof movableClock>) => Promise<void>,
): Promise<void> {
  const clock = movableClock()
  const assembled = await assemble({ now: clock.now })
  try {
    await assembled.round()
    await work(assembled, clock)
  } finally {
    await assembled.close()
  }
}

test('numbers grow and never repeat, however many issue at once from two authorities', () =>
  withAuthority(async (one) => {
    const { issuer } = await one.issuers()
    const two = await assemble({ directory: one.directory, isSecond: true })
    const numbers = new Set<number>()
    const watching = setInterval(() => void one.list().then(({ number }) => numbers.add(number)), 1)
    const name = { issuerId: issuer.id, shard: fullList }
    const before = (await one.list()).number
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        issueList((index % 2 === 0 ? one : two).authority, name),
      ),
    )
    clearInterval(watching)
    await two.close()
    assert.ok(done.includes(true))
    const { number } = await one.list()
    assert.ok(number >= before + 20 && isListOf(await one.list(), issuer.certificate))
    // As they were seen, one after another: none went back.
    const seen = [...numbers]
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    )
  }))

test('a list never takes the place of one that knew more', () =>
  withAuthority(async ({ authority, issuers, list }) => {
    const { issuer } = await issuers()
    const name = { issuerId: issuer.id, shard: 0 }
    await insertRevoked(authority.store, issuer.id, {
      count: 1,
      shards: 1,
      notAfter: authority.now() + hourMs,
    })
    // One that began before the change, and whose signature comes after that of the other.
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
    const { signer } = authority
    const slow = {
      ...authority,
      config: authority.config,
      signer: {
        ...signer,
        revocationList: async (...input: Parameters<typeof signer.revocationList>) => {
          const signed = await signer.revocationList(...input)
          await mayGoOn
          return signed
        },
      },
    }
    const late = issueList(slow, name)
    await insertRevoked(authority.store, issuer.id, {
      count: 1,
      shards: 1,
      notAfter: authority.now() + hourMs,
    })
    assert.equal(await issueList(authority, name), true)
    const { number } = await list(0)
    goOn()
    assert.equal(await late, false)
    assert.equal((await list(0)).number, number)
    assert.equal((await list(0)).revoked.size, 2)
  }))

test('what expired is on one more list, and on none after it (RFC 5280 §3.3)', () =>
  withAuthority(async ({ authority, issuers, list }, clock) => {
    const { issuer } = await issuers()
    const notAfter = clock.now() + hourMs
    await insertRevoked(authority.store, issuer.id, { count: 2, shards: 2, notAfter })
    const names = [0, fullList].map((shard) => ({ issuerId: issuer.id, shard }))
    const sizes = async () => {
      for (const name of names) await issueList(authority, name)
      return Promise.all(names.map(async ({ shard }) => (await list(shard)).revoked.size))
    }
    assert.deepEqual(await sizes(), [1, 2])
    clock.moveMinutes(90)
    assert.deepEqual(await sizes(), [1, 2])
    assert.deepEqual(await sizes(), [0, 0])
  }))

test('lists are issued again at a quarter of their life, though nothing changed and their CA is retired', () =>
  withAuthority(async ({ authority, issuers, list, round }, clock) => {
    const { issuer } = await issuers()
    const first = await list()
    assert.equal(first.nextUpdate - first.thisUpdate, 72 * hourMs + 300_000)
    clock.moveMinutes(17 * 60)
    await round()
    assert.equal((await list()).number, first.number)
    await authority.store.write((tx) =>
      tx.updateTable('issuers').set({ status: 'retired' }).where('id', '=', issuer.id).execute(),
    )
    clock.moveMinutes(61)
    await round()
    const again = await list()
    assert.ok(again.number > first.number && again.nextUpdate > first.nextUpdate)
    assert.ok(isListOf(again, issuer.certificate))
  }))

test('lists of days that are to be of an hour now are issued again at once', () =>
  withAuthority(async ({ configure, list, round }, clock) => {
    const first = await list()
    clock.moveMinutes(20)
    await configure('shards: 2, listHours: 1')
    await round()
    const again = await list()
    assert.ok(again.number > first.number)
    assert.equal(again.nextUpdate - again.thisUpdate, hourMs + 300_000)
    // The longest that there may be, which the signer signs as well.
    await configure('shards: 2, listHours: 720')
    clock.moveMinutes(20)
    await round()
    const longest = await list()
    assert.equal(longest.nextUpdate - longest.thisUpdate, 720 * hourMs + 300_000)
  }))

test('after the clock went back an hour lists are of now, and their numbers grow', () =>
  withAuthority(async ({ list, round }, clock) => {
    clock.moveMinutes(60 * 20)
    await round()
    const ahead = await list(1)
    clock.moveMinutes(-60)
    await round()
    const now = await list(1)
    assert.ok(now.thisUpdate < ahead.thisUpdate && now.thisUpdate <= clock.now())
    assert.ok(now.number > ahead.number)
    await round()
    assert.equal((await list(1)).number, now.number)
  }))

test('a store that went back to a backup gives out no number again', () =>
  withAuthority(async ({ authority, issuers, list, round }, clock) => {
    const { number } = await list()
    const { issuer } = await issuers()
    await authority.store.write(async (tx) => {
      await tx.deleteFrom('revocation_lists').execute()
      await tx.updateTable('revocation_scopes').set({ last_number: 0 }).execute()
    })
    clock.moveMinutes(1)
    await round()
    assert.ok((await list(fullList, issuer.id)).number > number)
  }))

test('more shards leave those before them, and fewer take none away', () =>
  withAuthority(async ({ authority, configure, list, round }) => {
    const shards = async () => {
      const { length } = await authority.store.read
        .selectFrom('revocation_lists')
        .select('shard')
        .where('shard', '!=', fullList)
        .execute()
      return length
    }
    // Of the CA of devices, and that of development devices.
    assert.equal(await shards(), 2 * 2)
    await configure('shards: 4')
    await round()
    assert.equal(await shards(), 2 * 4)
    await configure('shards: 1')
    await round()
    assert.equal(await shards(), 2 * 4)
    assert.deepEqual((await list(3)).scope?.addresses.length, 1)
  }))

test('lists at another address are still those of certificates that say the one before', () =>
  withAuthority(async (assembled) => {
    const { authority, issuers, list, round } = assembled
    const { issuer } = await issuers()
    const path = publishedPaths.list({ issuerId: issuer.id, shard: 0 })
    const moved = structuredClone(authority.config)
    moved.authority.status = {
      url: 'http://crl.example.net:8080',
      shards: 2,
      listHours: 72,
      answerMinutes: 60,
      assertionKeysMinutes: 15,
    }
    await assembled.replaceConfig(moved)
    await round()
    assert.deepEqual((await list(0)).scope?.addresses, [
      `http://crl.example.net:8080${path}`,
      `${statusUrl}${path}`,
    ])
    const { number } = await list(0)
    await round()
    assert.equal((await list(0)).number, number)
  }))

test('a list that cannot be signed leaves the one before it, and is tried again', () =>
  withAuthority(async ({ authority, issuers, list }) => {
    const { issuer } = await issuers()
    const { number } = await list(0)
    const revocationList = () => Promise.reject(new Error('killed in the middle'))
    const broken = {
      ...authority,
      config: authority.config,
      signer: { ...authority.signer, revocationList },
    }
    const name = { issuerId: issuer.id, shard: 0 }
    await assert.rejects(issueList(broken, name), /killed in the middle/)
    assert.equal((await list(0)).number, number)
    assert.equal(await issueList(authority, name), true)
    assert.ok((await list(0)).number > number + 1)
  }))

test('a CA that is withdrawn is on the list of its root, and everything that it issued on its own', () =>
  withAuthority(async ({ authority, issuers, list, round }) => {
    const { issuer, root } = await issuers()
    const facts = { issuerId: issuer.id, now: authority.now() }
    const { serials } = await insertPublishedDevices(authority.store, 3, facts)
    const [ended = ''] = serials
    await authority.store.write(async (tx) => {
      const certificate = await tx
        .selectFrom('certificates')
        .selectAll()
        .where('serial', '=', ended)
        .executeTakeFirstOrThrow()
      const change = { reason: 'keyCompromise', actor: 'test', now: authority.now() - 5_000 }
      await endCertificate(tx, { certificate, status: 'revoked', ...change })
    })
    await round()
    assert.equal((await list()).revoked.size, 1)
    assert.equal((await list(fullList, root.id)).revoked.size, 0)
    await withdrawIssuer(authority, { id: issuer.id, reason: 'leaked', actor: 'test' })
    await round()
    const ofRoot = await list(fullList, root.id)
    assert.ok(isListOf(ofRoot, root.certificate))
    assert.equal(ofRoot.revoked.get(issuer.certificate.serial)?.reason, 'cACompromise')
    const all = await list()
    assert.deepEqual([...all.revoked.keys()].toSorted(), serials.toSorted())
    assert.equal(all.revoked.get(ended)?.reason, 'keyCompromise')
    const { number } = all
    await round()
    assert.equal((await list()).number, number)
  }))

test('a list of 100,000 holds the event loop for milliseconds at a time', () =>
  withAuthority(async ({ authority, issuers, list }) => {
    const { issuer } = await issuers()
    const notAfter = authority.now() + hourMs
    await insertRevoked(authority.store, issuer.id, { count: 100_000, shards: 2, notAfter })
    // By what this thread did, not by the clock: others work on this machine as well.
    const spent = () => {
      const { user, system } = process.threadCpuUsage()
      return (user + system) / 1_000
    }
    let longestMs = 0
    let last = spent()
    const watching = setInterval(() => {
      longestMs = Math.max(longestMs, spent() - last)
      last = spent()
    }, 0)
    assert.equal(await issueList(authority, { issuerId: issuer.id, shard: fullList }), true)
    clearInterval(watching)
    assert.ok(longestMs < 50, `held for ${longestMs} ms`)
    assert.equal((await list()).revoked.size, 100_000)
  }))
