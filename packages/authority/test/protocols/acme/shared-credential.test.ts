import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { type AcmeAccount, newAcmeKey, orderAttested } from '@sallyport/virtual-device'
import { completeOrder } from '../../../src/protocols/acme/complete-order.ts'
import { openStore } from '../../../src/store/store.ts'
import { storeIn } from '../../fixture/store-place.ts'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

/** A fleet has one credential, and one of its phones is in bad hands. */
describe('who has the credential of a fleet', () => {
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme({ acme: 'maxPerHour: 12' })
  })
  after(() => deployment.close())

  const permanent = (value: string) => ({ type: 'permanent-identifier', value })
  const deviceOf = async (chain: string) => {
    const [leaf] = certificatesFromPem(chain)
    const { body } = await deployment.admin(`/admin/v1/certificates/${leaf?.thumbprint}`)
    return body.deviceId as string
  }
  const statusOf = async (id: string) =>
    (await deployment.admin(`/admin/v1/devices/${id}`)).body.device.status as string

  it('enrols no suspended device under another of its names', async () => {
    const account = await deployment.open()
    const udid = '00008140-0000000000000000'
    const phone = { serialNumber: 'SER1ALNUMB3R', udid }
    const attested = { root: phoneRoot, platform: 'ios', phone } as const
    const order = (value: string) =>
      orderAttested(account, { identifier: permanent(value), phone: attested })
    const id = await deviceOf((await order('SER1ALNUMB3R')).chain)
    const next = await deviceOf((await order(udid)).chain)
    assert.equal(await statusOf(id), 'superseded', 'it is the same device')
    await deployment.admin(`/admin/v1/devices/${next}/suspend`, { body: {} })
    for (const value of [udid, 'SER1ALNUMB3R', udid.toLowerCase()]) {
      await assert.rejects(order(value), /device_suspended/)
    }
  })

  it('makes no more accounts in an hour than devices', async () => {
    const credential = await deployment.newCredential()
    for (let made = 0; made < 12; made++) await deployment.open({ credential })
    await assert.rejects(deployment.open({ credential }), /enrollment_credential_too_often/)
    await deployment.open()
  })

  it('gets no certificate when it is revoked between the last look and the write', async () => {
    const credential = await deployment.newCredential()
    const account = await deployment.open({ credential })
    const newOrder = String(account.directory['newOrder'])
    const made = await account.post(newOrder, { identifiers: [permanent('R5CT0040')] })
    const id = String(made.headers['location']).split('/').at(-1) ?? ''
    const accountId = account.url.split('/').at(-1) ?? ''
    const revoke = `/admin/v1/acme/credentials/${credential.id}/revoke`
    assert.equal((await deployment.admin(revoke, { body: {} })).status, 200)
    const store = await openStore(storeIn(deployment.directory))
    const finished = { thumbprint: 'A'.repeat(43), spkiSha256: 'A'.repeat(43), now: Date.now() }
    const writing = store.write((tx) => completeOrder(tx, { id, account_id: accountId }, finished))
    await assert.rejects(writing, { code: 'acme_account_ended' })
    await store.close()
  })

  it('keeps nobody else waiting by servers that do not answer', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) =>
      server.listen(deployment.validationPort, '127.0.0.1', resolve),
    )
    try {
      const account = await deployment.open({ key: newAcmeKey() })
      const names = Array.from({ length: 9 }, (_each, index) => `s${index}.example.internal`)
      const challenges = await challengesOf(account, names)
      const answers = await Promise.all(challenges.map((url) => account.post(url, {})))
      const busy = answers.filter(({ status }) => status === 503)
      assert.equal(busy.length, 1, answers.map(({ text }) => text).join('\n'))
    } finally {
      server.close()
    }
  })

  async function challengesOf(account: AcmeAccount, names: readonly string[]): Promise<string[]> {
    const identifiers = names.map((value) => ({ type: 'dns', value }))
    const order = await account.post(String(account.directory['newOrder']), { identifiers })
    const urls = order.body.authorizations as string[]
    const authorizations = await Promise.all(urls.map((url) => account.post(url)))
    return authorizations.map(({ body }) => String(body.challenges[0].url))
  }
})
