import assert from 'node:assert/strict'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { certificatesFromPem, createSigningRequest } from '@sallyport/pki'
import { type AcmeAccount, attestationObject, newAcmeKey } from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

describe('ACME with approval', () => {
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme({ enrollment: 'approval: required' })
  })
  after(() => deployment.close())

  const csrOf = (key: KeyObject) => {
    const pair = { privateKey: key, publicKey: createPublicKey(key) }
    return { csr: createSigningRequest(pair).toString('base64url') }
  }
  /** An order that is ready to be finished. */
  const ready = async (account: AcmeAccount, serialNumber: string, key: KeyObject) => {
    const identifiers = [{ type: 'permanent-identifier', value: serialNumber }]
    const order = await account.post(String(account.directory['newOrder']), { identifiers })
    const { body } = await account.post(String(order.body.authorizations[0]))
    const [challenge] = body.challenges as { url: string; token: string }[]
    assert.ok(challenge !== undefined)
    const phone = { root: phoneRoot, platform: 'ios', phone: { serialNumber } } as const
    const { thumbprint } = account
    const attested = attestationObject(phone, { token: challenge.token, thumbprint, key })
    const answered = await account.post(challenge.url, { attObj: attested.toString('base64url') })
    assert.equal(answered.body.status, 'valid', answered.text)
    return { url: String(order.headers['location']), finalize: String(order.body.finalize) }
  }
  const waiting = async (identifier: string) => {
    const { approvals } = (await deployment.admin('/admin/v1/approvals')).body
    assert.equal(approvals.length, 1)
    assert.equal(approvals[0].identifier, identifier)
    return approvals[0].id as string
  }

  it('has an order wait, and finishes it when it is approved', async () => {
    const [account, key] = [await deployment.open(), newAcmeKey()]
    const order = await ready(account, 'APPR0VED0001', key)
    const finalized = await account.post(order.finalize, csrOf(key))
    assert.equal(finalized.status, 200, finalized.text)
    assert.equal(finalized.body.status, 'processing')
    assert.equal(finalized.headers['retry-after'], '60')
    assert.equal(finalized.body.certificate, undefined)
    const early = await account.post(order.url.replace('/order/', '/certificate/'))
    assert.equal(early.status, 404, early.text)
    assert.equal((await account.post(order.url)).body.status, 'processing')
    assert.equal((await account.post(order.finalize, csrOf(key))).body.status, 'processing')
    const other = await account.post(order.finalize, csrOf(newAcmeKey()))
    assert.equal(other.body.code, 'acme_csr_mismatch')

    const id = await waiting('APPR0VED0001')
    await deployment.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
    const done = await account.post(order.url)
    assert.equal(done.body.status, 'valid', done.text)
    assert.equal(done.headers['retry-after'], undefined)
    const chain = await account.post(String(done.body.certificate))
    const [leaf] = certificatesFromPem(chain.text)
    const { body } = await deployment.admin(`/admin/v1/certificates/${leaf?.thumbprint}`)
    const device = (await deployment.admin(`/admin/v1/devices/${body.deviceId}`)).body.device
    assert.equal(device.assurance, 'secure-enclave')
    assert.deepEqual([device.protocol, device.identifier], ['acme', 'APPR0VED0001'])
    const [enrolled] = (
      await deployment.admin(`/admin/v1/audit?action=device.enrolled&subject=${body.deviceId}`)
    ).body.rows
    assert.equal(enrolled.detail.approvalId, id)
    assert.equal(enrolled.detail.after.identifier, 'APPR0VED0001')
  })

  it('makes an order invalid that is denied, and says why', async () => {
    const [account, key] = [await deployment.open(), newAcmeKey()]
    const order = await ready(account, 'DENIED000001', key)
    assert.equal((await account.post(order.finalize, csrOf(key))).body.status, 'processing')
    await deployment.admin(`/admin/v1/approvals/${await waiting('DENIED000001')}/deny`, {
      body: {},
    })
    const denied = await account.post(order.url)
    assert.equal(denied.status, 200, denied.text)
    assert.equal(denied.body.status, 'invalid')
    assert.equal(denied.body.error.code, 'enrollment_denied')
    assert.equal((await account.post(order.url)).body.status, 'invalid')
  })

  it('is waited for by nobody whose account was ended', async () => {
    const [account, key] = [await deployment.open(), newAcmeKey()]
    const order = await ready(account, 'ENDED0000001', key)
    assert.equal((await account.post(order.finalize, csrOf(key))).body.status, 'processing')
    await account.post(account.url, { status: 'deactivated' })
    await deployment.admin(`/admin/v1/approvals/${await waiting('ENDED0000001')}/approve`, {
      body: {},
    })
    const refused = await account.post(order.url)
    assert.equal(refused.status, 401, refused.text)
  })
})
