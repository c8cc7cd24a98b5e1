import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { acmeCall, newAcmeKey, openAcmeAccount, signJws } from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme } from './acme-deployment.ts'

// Apple's devices have no place for a credential: an app that was theirs alone had accounts without one. Then it
// asks for credentials, and certifies servers.

const appOf = (acme: string) => `
  wallet:
    apple: { managedDevices: { udids: [00008140-0000000000000000] } }
    enrollment: { evidence: [apple-mda] }
    protocols: { acme: { ${acme} } }
`
let deployment: AcmeDeployment
before(async () => {
  deployment = await deployAcme({
    apps: appOf('externalAccount: none'),
    attestation: '{ android: { rootsUrl: off, statusListUrl: off } }',
  })
})
after(() => deployment.close())

const open = (more: object) =>
  openAcmeAccount({ directory: deployment.directoryUrl, ca: deployment.caPem, ...more })

test('an account of a time without credentials orders nothing where they are asked for', async () => {
  const key = newAcmeKey()
  const account = await open({ key })
  await deployment.restart({ apps: appOf('serviceNames: [a.example.internal]') })

  await assert.rejects(open({ key }), /acme_credential_required/)
  await assert.rejects(
    open({ key, credential: await deployment.newCredential() }),
    /acme_credential_required/,
  )
  const { directoryUrl, caPem: ca } = deployment
  const { body: directory } = await acmeCall(directoryUrl, { ca })
  const { headers } = await acmeCall(directory.newNonce, { ca })
  const kid = new URL(new URL(account.url).pathname, directoryUrl).href
  const header = { alg: 'ES256', nonce: headers['replay-nonce'], url: directory.newOrder, kid }
  const order = { identifiers: [{ type: 'dns', value: 'a.example.internal' }] }
  const answer = await acmeCall(directory.newOrder, { ca, body: signJws(key, header, order) })
  assert.equal(answer.body.code, 'acme_credential_required', answer.text)

  const other = await open({ credential: await deployment.newCredential() })
  assert.equal((await other.post(String(other.directory['newOrder']), order)).status, 201)
})
