import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createRoot } from '../../src/issue/issue-authority.ts'
import { readSignedData } from '../../src/cms/signed-data.ts'
import { isSignedContent, signerChain } from '../../src/cms/signer.ts'
import { writeCertificatesOnly, writeSignedData } from '../../src/cms/write-cms.ts'
import { derOctetString, octetsOf } from '../../src/der/index.ts'
import type { KeyKind } from '../../src/key-kind.ts'
import { toPem } from '../../src/pem.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { inScratch, run } from '../openssl.ts'

const content = Buffer.from('what is signed')
/** transactionID of SCEP, for want of a better one. */
const attributeType = '2.16.840.1.113733.1.9.7'

async function signer(kind: KeyKind) {
  const key = signingKeyOf(await generateKey(kind))
  const certificate = await createRoot({ key, commonName: kind, kind: 'service', now: Date.now() })
  return { key, certificate }
}

describe('CMS that is written', () => {
  for (const kind of ['rsa-2048', 'ec-p256', 'ec-p384'] as const) {
    it(`SignedData under ${kind} is verified by openssl, and read back`, async () => {
      const { key, certificate } = await signer(kind)
      const value = derOctetString(Buffer.from('an attribute'))
      const attributes = [{ type: attributeType, value }]
      const certificates = [certificate]
      const options = { content, signer: { key, certificate }, attributes, certificates }
      const message = await writeSignedData(options)
      const read = readSignedData(message)
      assert.deepEqual(signerChain(read), [certificate])
      assert.equal(isSignedContent(read, certificate), true)
      const [found] = read.signer.signedAttributes?.values.get(attributeType) ?? []
      assert.ok(found !== undefined)
      assert.deepEqual(octetsOf(found), Buffer.from('an attribute'))
      await inScratch(async (directory) => {
        await writeFile(join(directory, 'message'), message)
        await writeFile(join(directory, 'ca.pem'), toPem('CERTIFICATE', certificate.der))
        const files = ['-in', 'message', '-inform', 'DER', '-out', 'plain', '-binary']
        const trust = ['-CAfile', 'ca.pem', '-purpose', 'any']
        const { ok, text } = await run(directory, ['cms', '-verify', ...files, ...trust])
        assert.ok(ok, text)
        assert.deepEqual(await readFile(join(directory, 'plain')), content)
      })
    })
  }

  it('certificates alone are listed by openssl', async () => {
    const both = [await signer('ec-p256'), await signer('rsa-2048')]
    const message = writeCertificatesOnly(both.map(({ certificate }) => certificate))
    await inScratch(async (directory) => {
      await writeFile(join(directory, 'message'), message)
      const command = ['pkcs7', '-inform', 'DER', '-in', 'message', '-print_certs', '-noout']
      const { ok, text } = await run(directory, command)
      assert.ok(ok, text)
      assert.match(text, /ec-p256[\s\S]*rsa-2048/)
    })
  })

  it('nothing but attributes can be signed', async () => {
    const { key, certificate } = await signer('rsa-2048')
    const options = { signer: { key, certificate }, attributes: [], certificates: [certificate] }
    const message = await writeSignedData({ content: undefined, ...options })
    await inScratch(async (directory) => {
      await writeFile(join(directory, 'message'), message)
      await writeFile(join(directory, 'empty'), '')
      await writeFile(join(directory, 'ca.pem'), toPem('CERTIFICATE', certificate.der))
      const files = ['-in', 'message', '-inform', 'DER', '-content', 'empty', '-binary']
      const trust = ['-CAfile', 'ca.pem', '-purpose', 'any']
      const { ok, text } = await run(directory, ['cms', '-verify', ...files, ...trust])
      assert.ok(ok, text)
    })
  })
})
