import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  derBoolean,
  derContext,
  derInteger,
  derOctetString,
  derSequence,
  parseCertificate,
} from '@sallyport/pki'
import { writeCertificate, writeExtension, writeName } from '@sallyport/virtual-device'
import { readAttestedNonce, readLeafFacts } from '../../src/apple-app-attest/leaf-extensions.ts'
import { newKey, root } from './forged-attestation.ts'

const base = '1.2.840.113635.100.8'
const { spki } = newKey()
const leafWith = (extension: number, value: Buffer) =>
  parseCertificate(
    writeCertificate({
      signer: root,
      subject: writeName({ commonName: 'leaf' }),
      spki,
      notBefore: 0,
      notAfter: 1,
      extensions: [writeExtension(`${base}.${extension}`, value)],
    }),
  )
const text = (value: string) => derOctetString(Buffer.from(value, 'utf8'))

describe('what Apple writes into the leaf without documenting it', () => {
  it('tells the version of iOS, its build and the platform', () => {
    const value = derSequence(
      derContext(1_400, text('27.0.1')),
      derContext(1_403, text('24A446')),
      derContext(1_026, text('iphoneos')),
      derContext(1_412, derInteger(1)),
      derContext(1_500, derOctetString(Buffer.from('ff00', 'hex'))),
      derContext(1_501, derBoolean(true)),
    )
    const { osVersion, claims } = readLeafFacts(leafWith(7, value))
    assert.equal(osVersion, '27.0.1')
    assert.deepEqual(claims, {
      platform: 'iphoneos',
      osVersion: '27.0.1',
      osBuild: '24A446',
      [`${base}.7`]: {
        1026: 'iphoneos',
        1400: '27.0.1',
        1403: '24A446',
        1412: 1,
        1500: 'ff00',
        1501: '0101ff',
      },
    })
  })

  it('is nothing where it is not there, or is anything else', () => {
    assert.deepEqual(readLeafFacts(leafWith(9, derSequence())), {
      osVersion: undefined,
      claims: {},
    })
    for (const value of ['', '05', '3080', '0500', '30820001']) {
      const { osVersion } = readLeafFacts(leafWith(7, Buffer.from(value, 'hex')))
      assert.equal(osVersion, undefined)
    }
    const strange = derSequence(derContext(1_400, text('<b>27</b>')))
    assert.equal(readLeafFacts(leafWith(7, strange)).osVersion, undefined)
  })
})

describe('the nonce of the leaf', () => {
  const nonce = Buffer.alloc(32, 7)

  it('is an octet string in [1] in a sequence', () => {
    const value = derSequence(derContext(1, derOctetString(nonce)))
    assert.deepEqual(readAttestedNonce(leafWith(2, value)), nonce)
  })

  it('is none where it is anything else', () => {
    for (const value of [
      derOctetString(nonce),
      derSequence(derOctetString(nonce)),
      derSequence(derContext(2, derOctetString(nonce))),
      derSequence(derContext(1, derOctetString(nonce), derOctetString(nonce))),
      derSequence(derContext(1, derOctetString(nonce)), derContext(1, derOctetString(nonce))),
      Buffer.concat([derSequence(derContext(1, derOctetString(nonce))), Buffer.from([0])]),
    ]) {
      assert.equal(readAttestedNonce(leafWith(2, value)), undefined)
    }
    assert.equal(readAttestedNonce(leafWith(9, derSequence())), undefined)
  })
})
