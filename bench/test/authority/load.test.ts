import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRoot, generateKey, parseOcspRequest, signingKeyOf } from '@sallyport/pki'
import { inParallel } from '../../src/authority/ask.ts'
import { ocspQuestion } from '../../src/authority/ocsp-question.ts'

describe('what an authority is asked', () => {
  it('is a question by OCSP that a responder reads, with another nonce each time', async () => {
    const key = signingKeyOf(await generateKey('ec-p256'))
    const root = await createRoot({ key, commonName: 'CA', kind: 'device', now: Date.now() })
    const [one, other] = [ocspQuestion(root, root), ocspQuestion(root, root)].map(parseOcspRequest)
    assert.equal(one?.certificates[0]?.serial, root.serial)
    assert.equal(one.nonce?.length, 32)
    assert.notDeepEqual(one.nonce, other?.nonce)
  })

  it('is asked so many at a time, and everything once', async () => {
    let running = 0
    let most = 0
    const done = await inParallel(20, 4, async (index) => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      return index
    })
    assert.deepEqual(done, [...done.keys()])
    assert.equal(done.length, 20)
    assert.equal(most, 4)
  })
})
