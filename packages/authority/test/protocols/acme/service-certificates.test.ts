import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { certificatesFromPem, createSigningRequest } from '@sallyport/pki'
import { acmeCall, newAcmeKey } from '@sallyport/virtual-device'
import { deployAcme } from './acme-deployment.ts'

test('a server’s certificate is no device; an operator revokes it, and its client is told to renew at once', async () => {
  const deployment = await deployAcme()
  const { caPem: ca } = deployment
  let expected = ''
  const server = createServer((_request, response) => response.end(expected))
  await new Promise<void>((resolve) =>
    server.listen(deployment.validationPort, '127.0.0.1', resolve),
  )
  try {
    const account = await deployment.open()
    const identifiers = [{ type: 'dns', value: 'plain.example.internal' }]
    const order = await account.post(String(account.directory['newOrder']), { identifiers })
    const { body } = await account.post(String(order.body.authorizations[0]))
    const [challenge] = body.challenges
    expected = `${challenge.token}.${account.thumbprint}`
    await account.post(challenge.url, {})
    const key = newAcmeKey()
    const csr = createSigningRequest({ privateKey: key, publicKey: createPublicKey(key) })
    const finalize = String(order.body.finalize)
    const message = { csr: csr.toString('base64url') }
    await withoutRootKey(deployment.directory, async () => {
      const early = await account.post(finalize, message)
      assert.equal(early.status, 503, early.text)
      assert.equal(early.body.code, 'issuer_missing')
      assert.equal(early.body.type, 'urn:ietf:params:acme:error:serverInternal')
      assert.equal(early.text.includes(deployment.directory), false, 'no path of ours')
    })
    const finished = await Promise.all(
      Array.from({ length: 5 }, () => account.post(finalize, message)),
    )
    for (const one of finished) assert.equal(one.body.status, 'valid', one.text)
    const chain = await account.post(String(finished[0]?.body.certificate))
    const [leaf, root] = certificatesFromPem(chain.text)
    assert.ok(leaf !== undefined && root !== undefined)

    const devices = await deployment.admin('/admin/v1/devices')
    assert.deepEqual(devices.body.devices, [])
    const listed = await deployment.admin('/admin/v1/acme/service-certificates')
    const [row] = listed.body.serviceCertificates
    assert.equal(listed.body.serviceCertificates.length, 1)
    assert.deepEqual([row.thumbprint, row.names], [leaf.thumbprint, ['plain.example.internal']])

    const text = (hex: string) =>
      Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
    const id = `${text(root.subjectKeyId ?? '')}.${text(leaf.serial)}`
    const renewal = async () => {
      const answer = await acmeCall(`${account.directory['renewalInfo']}/${id}`, { ca })
      assert.equal(answer.status, 200, answer.text)
      assert.ok(Number(answer.headers['retry-after']) > 0)
      return Date.parse(String(answer.body.suggestedWindow.start))
    }
    assert.ok((await renewal()) > Date.now())
    const revoke = `/admin/v1/acme/service-certificates/${leaf.thumbprint}/revoke`
    const revoked = await deployment.admin(revoke, { body: { reason: 'keyCompromise' } })
    assert.equal(revoked.body.reason, 'keyCompromise', revoked.text)
    assert.ok((await renewal()) < Date.now())
    assert.equal((await deployment.admin(revoke, { body: {} })).status, 400)

    const metrics = (await deployment.operations('/metrics')).text
    assert.match(metrics, /^sallyport_authority_acme_orders_total\{kind="service"\} 1$/m)
    assert.match(metrics, /acme_challenges_total\{(?=.*type="http-01")(?=.*outcome="valid").*\} 1/)
    const audit = await deployment.admin('/admin/v1/audit?limit=100')
    assert.match(audit.text, /service-certificate\.issued/)
    const told = audit.body.rows.find(
      ({ action }: { action: string }) => action === 'service-certificate.revoked',
    )
    const { before: was, after: is } = told.detail
    assert.deepEqual([was, typeof is.revokedAt], [{ revokedAt: null }, 'number'])
  } finally {
    server.closeAllConnections()
    server.close()
    await deployment.close()
  }
})

/** While the key of the service root lies offline, as a new deployment is told to have it. */
async function withoutRootKey(directory: string, act: () => Promise<void>): Promise<void> {
  const file = path.join(directory, 'keys', 'service-root.key.json')
  // In a token keys stay where they are.
  if (!existsSync(file)) return
  renameSync(file, `${file}.offline`)
  await act()
  renameSync(`${file}.offline`, file)
}
