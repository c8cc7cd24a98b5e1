import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { deployAcme } from './acme-deployment.ts'

/** What is used here of the library that the gateway obtains its certificates with. */
type AcmeLibrary = {
  readonly axios: { readonly defaults: { httpsAgent?: Agent } }
  readonly crypto: {
    createPrivateKey(): Promise<Buffer>
    createPrivateEcdsaKey(): Promise<Buffer>
    createCsr(options: object, key: Buffer): Promise<[Buffer, Buffer]>
  }
  readonly Client: new (
    options: object,
  ) => {
    auto(options: object): Promise<string>
    revokeCertificate(certificate: string, options: object): Promise<void>
    updateAccountKey(key: Buffer): Promise<object>
    updateAccount(changes: object): Promise<{ status: string }>
  }
}

const require = createRequire(import.meta.url)

test('the library acme-client obtains, renews and revokes, and changes the key of its account', async () => {
  const library = require('acme-client') as AcmeLibrary
  const deployment = await deployAcme()
  const answers = new Map<string, string>()
  const server = createServer((request, response) => {
    const token = request.url?.split('/').at(-1) ?? ''
    response.end(answers.get(token) ?? 'none')
  })
  await new Promise<void>((resolve) =>
    server.listen(deployment.validationPort, '127.0.0.1', resolve),
  )
  library.axios.defaults.httpsAgent = new Agent({ ca: deployment.caPem })
  try {
    const { id: kid, key: hmacKey } = await deployment.newCredential()
    const client = new library.Client({
      directoryUrl: deployment.directoryUrl,
      // RSA: RS256.
      accountKey: await library.crypto.createPrivateKey(),
      externalAccountBinding: { kid, hmacKey },
    })
    const obtain = async () => {
      const names = ['one.example.internal', 'two.example.internal']
      const key = await library.crypto.createPrivateEcdsaKey()
      const [, csr] = await library.crypto.createCsr({ altNames: names }, key)
      return client.auto({
        csr,
        email: 'ops@example.com',
        termsOfServiceAgreed: true,
        challengePriority: ['http-01'],
        skipChallengeVerification: true,
        challengeCreateFn: async (_: object, { token }: { token: string }, text: string) =>
          void answers.set(token, text),
        challengeRemoveFn: async (_: object, { token }: { token: string }) =>
          void answers.delete(token),
      })
    }
    const first = await obtain()
    assert.equal(certificatesFromPem(first).length, 2)
    await client.updateAccountKey(await library.crypto.createPrivateEcdsaKey())
    const second = await obtain()
    assert.notEqual(certificatesFromPem(first)[0]?.serial, certificatesFromPem(second)[0]?.serial)
    await client.revokeCertificate(second, { reason: 4 })
    await assert.rejects(client.revokeCertificate(second, { reason: 4 }), /revoked before/)
    assert.equal((await client.updateAccount({ status: 'deactivated' })).status, 'deactivated')
  } finally {
    server.closeAllConnections()
    server.close()
    await deployment.close()
  }
})
