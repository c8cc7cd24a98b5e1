import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DerError } from '@sallyport/pki'
import { makeDevelopmentRoot, makeReceipt } from '@sallyport/virtual-device'
import fc from 'fast-check'
import { readSignedData } from '@sallyport/pki/cms'
import { isSignedContent, signerChain } from '@sallyport/pki/cms'
import { noOpenssl, withOpenssl } from '../openssl.ts'

const content = Buffer.from('what was signed')

/** What `openssl cms -sign` makes of the content, with these options. */
function signed(...options: string[]): Buffer {
  return withOpenssl((openssl, directory) => {
    writeFileSync(join(directory, 'content'), content)
    for (const name of ['signer', 'other']) {
      const [key, certificate] = [`${name}.key`, `${name}.pem`]
      openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key)
      const subject = ['-subj', `/CN=${name}`, '-days', '2']
      openssl('req', '-x509', '-new', '-key', key, '-out', certificate, ...subject)
    }
    const key = ['-signer', 'signer.pem', '-inkey', 'signer.key', '-nodetach', '-binary']
    const output = ['-outform', 'DER', '-out', 'signed']
    openssl('cms', '-sign', '-in', 'content', ...key, ...output, ...options)
    return readFileSync(join(directory, 'signed'))
  })
}

describe('CMS SignedData', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    'with signed attributes': [],
    'without signed attributes': ['-noattr'],
    'in BER, with indefinite lengths': ['-stream'],
    'that names its signer by key identifier': ['-keyid'],
    'with SHA-384': ['-md', 'sha384'],
  }
  for (const [kind, options] of Object.entries(kinds)) {
    it(`of openssl, ${kind}, verifies`, { skip: noOpenssl }, () => {
      const signedData = readSignedData(signed(...options))
      assert.deepEqual(signedData.content, content)
      const [signer] = signerChain(signedData)
      assert.ok(signer !== undefined)
      assert.equal(isSignedContent(signedData, signer), true)
      const other = { ...signedData, content: Buffer.from('what was not') }
      assert.equal(isSignedContent(other, signer), false)
    })
  }

  it('whose digest is of the content and whose attributes are not signed does not verify', {
    skip: noOpenssl,
  }, () => {
    const one = readSignedData(signed())
    const { signer } = one
    const [certificate] = signerChain(one)
    assert.ok(certificate !== undefined && signer.signedAttributes !== undefined)
    const der = Buffer.from(signer.signedAttributes.der)
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1)
    const signedAttributes = { ...signer.signedAttributes, der }
    const altered = { ...one, signer: { ...signer, signedAttributes } }
    assert.equal(isSignedContent(altered, certificate), false)
  })

  it('whose attributes name another type of content does not verify', { skip: noOpenssl }, () => {
    const one = readSignedData(signed())
    const [certificate] = signerChain(one)
    assert.ok(certificate !== undefined)
    assert.equal(isSignedContent({ ...one, contentType: '1.2.3' }, certificate), false)
  })

  it('of two signers is refused', { skip: noOpenssl }, () => {
    assert.throws(
      () => readSignedData(signed('-signer', 'other.pem', '-inkey', 'other.key')),
      /one SignerInfo/,
    )
  })

  it('throws nothing but DerError, whatever the bytes', () => {
    const receipt = makeReceipt({
      root: makeDevelopmentRoot(),
      appId: 'TEAM.app',
      environment: 'production',
      attestedCertificate: Buffer.alloc(10),
      clientDataHash: Buffer.alloc(32),
      at: Date.now(),
    })
    const hostile = fc
      .array(fc.tuple(fc.nat(receipt.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map((changes) => {
        const bytes = Buffer.from(receipt)
        for (const [at, byte] of changes) bytes.writeUInt8(byte, at)
        return bytes
      })
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          const signedData = readSignedData(bytes)
          for (const certificate of signerChain(signedData)) {
            isSignedContent(signedData, certificate)
          }
        } catch (error) {
          assert.ok(error instanceof DerError, String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})
