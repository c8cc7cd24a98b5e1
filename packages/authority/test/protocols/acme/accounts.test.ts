import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { after, before, describe, it } from 'node:test'
import {
  acmeCall,
  newAcmeKey,
  openAcmeAccount,
  orderAttested,
  publicJwk,
  signJws,
} from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

const error = (name: string) => new RegExp(`urn:ietf:params:acme:error:${name}`)
const dns = { identifiers: [{ type: 'dns', value: 'plain.example.internal' }] }

describe('an account', () => {
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme()
  })
  after(() => deployment.close())

  const open = (more: object) =>
    openAcmeAccount({ directory: deployment.directoryUrl, ca: deployment.caPem, ...more })

  it('is made with a credential of its app, and of no other', async () => {
    await assert.rejects(open({}), error('externalAccountRequired'))
    const other = await deployment.newCredential('bank')
    await assert.rejects(open({ credential: other }), error('unauthorized'))
    const { id } = await deployment.newCredential()
    const guessed = { id, key: Buffer.alloc(32).toString('base64url') }
    await assert.rejects(open({ credential: guessed }), error('unauthorized'))
  })

  it('is found by its key again, and survives a restart', async () => {
    const key = newAcmeKey()
    const { url, directory } = await deployment.open({ key })
    const port = new URL(url).port
    await deployment.restart()
    const again = await open({ key })
    assert.equal(again.url.slice(-30), url.slice(-30))
    assert.notEqual(new URL(String(again.directory['newOrder'])).port, port)
    assert.ok(directory['renewalInfo'])
  })

  it('that is not there is not made where only a known one was asked for', async () => {
    const { directory } = await deployment.open()
    const url = String(directory['newAccount'])
    const { headers } = await acmeCall(String(directory['newNonce']), { ca: deployment.caPem })
    const key = newAcmeKey()
    const header = { alg: 'ES256', nonce: headers['replay-nonce'], url, jwk: publicJwk(key) }
    const body = signJws(key, header, { onlyReturnExisting: true })
    const answer = await acmeCall(url, { ca: deployment.caPem, body })
    assert.match(answer.text, error('accountDoesNotExist'))
  })

  it('ends with the credential that it was made with', async () => {
    const credential = await deployment.newCredential()
    const account = await deployment.open({ credential })
    const revoke = `/admin/v1/acme/credentials/${credential.id}/revoke`
    const answer = await deployment.admin(revoke, { body: { reason: 'leaked' } })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.body.accounts, 1)
    const order = await account.post(String(account.directory['newOrder']), dns)
    assert.equal(order.status, 401)
    await assert.rejects(open({ credential }), error('unauthorized'))
  })

  it('deactivates itself, for good, with what it had ordered', async () => {
    const key = newAcmeKey()
    const account = await deployment.open({ key })
    const ended = await account.post(account.url, { status: 'deactivated' })
    assert.equal(ended.body.status, 'deactivated')
    const order = await account.post(String(account.directory['newOrder']), dns)
    assert.match(order.text, error('unauthorized'))
    await assert.rejects(open({ key }), error('unauthorized'))
  })

  it('changes its key, and is known by the new one alone', async () => {
    const [before, next] = [newAcmeKey(), newAcmeKey()]
    const account = await deployment.open({ key: before })
    const url = String(account.directory['keyChange'])
    const change = { account: account.url, oldKey: publicJwk(before) }
    const inner = signJws(next, { alg: 'ES256', jwk: publicJwk(next), url }, change)
    const changed = await account.post(url, inner)
    assert.equal(changed.status, 200, changed.text)
    assert.equal((await open({ key: next })).url, account.url)
    const old = await account.post(String(account.directory['newOrder']), dns)
    assert.equal(old.status, 400)

    const other = await deployment.open()
    const theirs = { account: other.url, oldKey: publicJwk(other.key) }
    const taken = signJws(next, { alg: 'ES256', jwk: publicJwk(next), url }, theirs)
    const refused = await other.post(url, taken)
    assert.equal(refused.status, 409)
    assert.equal(refused.headers['location'], account.url)
    const without = signJws(before, { alg: 'ES256', jwk: publicJwk(next), url }, theirs)
    assert.match((await other.post(url, without)).text, error('malformed'))
  })

  it('sees nothing of what another account ordered', async () => {
    const [one, two] = [await deployment.open(), await deployment.open()]
    const serialNumber = 'V1RTUALPH0NX'
    const { order, challenge, finalized } = await orderAttested(one, {
      identifier: { type: 'permanent-identifier', value: serialNumber },
      phone: { root: phoneRoot, platform: 'ios', phone: { serialNumber } },
    })
    const links = [
      String(order.headers['location']),
      String(order.body.authorizations[0]),
      String(order.body.finalize),
      String(challenge.body.url),
      String(finalized.body.certificate),
      one.url,
      `${one.url}/orders`,
    ]
    for (const url of links) {
      assert.ok((await one.post(url)).status < 500)
      const answer = await two.post(url, url.endsWith('finalize') ? { csr: 'AAAA' } : undefined)
      assert.equal(answer.status, 404, url)
      assert.match(answer.text, error('malformed'))
    }
  })

  it('has at most a hundred orders under way, whatever a flood of 1,000 asks for', async () => {
    const agent = new Agent({ keepAlive: true, ca: deployment.caPem })
    const account = await deployment.open({ agent })
    const newOrder = String(account.directory['newOrder'])
    const statuses = new Map<number, number>()
    let waits = 0
    const flood = async (count: number) => {
      for (let nth = 0; nth < count; nth++) {
        const { status, headers } = await account.post(newOrder, dns)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (Number(headers['retry-after']) > 0) waits++
      }
    }
    const began = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => flood(50)))
    agent.destroy()
    const seen = JSON.stringify([...statuses])
    console.log(`1,000 orders in ${Math.round(performance.now() - began)} ms: ${seen}`)
    assert.equal((statuses.get(201) ?? 0) + (statuses.get(429) ?? 0), 1_000, seen)
    assert.ok((statuses.get(201) ?? 0) <= 100, seen)
    assert.equal(waits, statuses.get(429))
  })
})
