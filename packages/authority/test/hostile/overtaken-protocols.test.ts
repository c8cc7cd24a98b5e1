import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { createSigningRequest, derSequence, generateKey } from '@sallyport/pki'
import {
  type HeldAuthority,
  holdAuthority,
  overtakeEverywhere,
  type Race,
} from '../fixture/held-authority.ts'
import type { CallOptions, HttpAnswer } from '../fixture/http-call.ts'
import { assertNothingHeldAgainst, assertSound } from '../fixture/sound-store.ts'
import { basic, certificatesOf, deployEst, estApp, tlsOf } from '../protocols/est/est-place.ts'
import {
  type CertRep,
  messageOf,
  newSigner,
  readCertRep,
  requestWith,
  type Signer,
} from '../protocols/scep/scep-client.ts'
import { deployScep, scepApp, type ScepPlace } from '../protocols/scep/scep-place.ts'

const limits = 'limits: { perAddressPerHour: 1000 }'
/** With the word of somebody, and without. */
const approvals = ['none', 'required'] as const

for (const approval of approvals) {
  describe(`EST with approval ${approval}, overtaken at any point by the repeat`, () => {
    const more = `, approval: ${approval}, ${limits}`
    let place: Awaited<ReturnType<typeof deployEst>>
    let held: HeldAuthority
    before(async () => {
      place = await deployEst({ apps: estApp('', more) })
      held = await holdAuthority(place)
    })
    after(async () => {
      await held.close()
      await place.close()
    })
    afterEach(async () => {
      await assertSound(held.authority.store)
      await assertNothingHeldAgainst(held.authority)
    })

    type Call = { path: string; call: CallOptions }
    const pathOf = (name: string) => `/.well-known/est/wallet/${name}`
    const enrollment = async () => {
      const key = await generateKey('ec-p256')
      const authorization = basic(await place.token())
      const text = createSigningRequest(key).toString('base64')
      const path = pathOf('simpleenroll')
      return { key, sent: { path, call: { text, headers: { authorization } } } }
    }
    const approveAll = async () => {
      const { body } = await place.admin('/admin/v1/approvals')
      for (const { id } of body.approvals) {
        await place.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
      }
    }
    /** One whose certificate is there. */
    const enrolled = async () => {
      const { key, sent } = await enrollment()
      await place.device(sent.path, sent.call)
      await approveAll()
      const answer = await place.device(sent.path, sent.call)
      assert.equal(answer.status, 200, answer.text)
      const [certificate] = certificatesOf(answer)
      assert.ok(certificate !== undefined)
      return { key, certificate }
    }
    const messages: Record<string, () => Promise<Call>> = {
      'an enrolment by a one-time token': async () => (await enrollment()).sent,
      async 'an enrolment that was approved'() {
        const { sent } = await enrollment()
        await place.device(sent.path, sent.call)
        await approveAll()
        return sent
      },
      async 'an enrolment by the certificate of a device'() {
        const one = await enrolled()
        const text = createSigningRequest(one.key).toString('base64')
        return { path: pathOf('simpleenroll'), call: { text, ...tlsOf(one) } }
      },
      async 'a renewal with another key'() {
        const text = createSigningRequest(await generateKey('ec-p256')).toString('base64')
        return { path: pathOf('simplereenroll'), call: { text, ...tlsOf(await enrolled()) } }
      },
    }
    for (const [name, make] of Object.entries(messages)) {
      it(`answers it as that: ${name}`, async () => {
        await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
          const { path, call } = await make()
          let first: HttpAnswer | undefined
          return {
            send: () => held.device(path, call),
            async meanwhile() {
              first = await place.device(path, call)
              assert.ok(first.status < 300, first.text)
            },
            check(answer) {
              assert.equal(answer.status, first?.status, answer.text)
              assert.equal(answer.text, first?.text)
            },
          }
        })
      })
    }
  })

  describe(`SCEP with approval ${approval}, overtaken at any point by the repeat`, () => {
    const more = `, approval: ${approval}, ${limits}`
    let place: ScepPlace
    let held: HeldAuthority
    before(async () => {
      place = await deployScep({ apps: scepApp('', more) })
      held = await holdAuthority(place)
    })
    after(async () => {
      await held.close()
      await place.close()
    })
    afterEach(async () => {
      await assertSound(held.authority.store)
      await assertNothingHeldAgainst(held.authority)
    })

    type Message = { signer: Signer; message: Buffer }
    const send = async (url: string, { signer, message }: Message): Promise<CertRep> => {
      const answer = await fetch(`${url}/scep/wallet?operation=PKIOperation`, {
        method: 'POST',
        body: new Uint8Array(message),
        headers: { 'content-type': 'application/x-pki-message' },
      })
      const bytes = Buffer.from(await answer.arrayBuffer())
      assert.equal(answer.status, 200, bytes.toString('utf8'))
      return readCertRep(bytes, signer, await place.ra())
    }
    const enrollment = async (): Promise<Message> => {
      const signer = await newSigner()
      const content = await requestWith(signer.key, await place.token())
      return { signer, message: await messageOf({ content, signer, ra: await place.ra() }) }
    }
    const approveAll = async () => {
      const { body } = await place.admin('/admin/v1/approvals')
      for (const { id } of body.approvals) {
        await place.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
      }
    }
    const approved = async () => {
      const sent = await enrollment()
      await send(place.url, sent)
      await approveAll()
      return sent
    }
    const messages: Record<string, () => Promise<Message>> = {
      'PKCSReq with a one-time challenge': enrollment,
      'PKCSReq that was approved': approved,
      async 'CertPoll of what was approved'() {
        const { signer } = await approved()
        const ra = await place.ra()
        const { issuer, subject } = signer.certificate
        const content = derSequence(issuer, subject)
        return { signer, message: await messageOf({ content, signer, ra, messageType: '20' }) }
      },
      async 'RenewalReq with another key'() {
        const sent = await approved()
        const [certificate] = (await send(place.url, sent)).certificates
        assert.ok(certificate !== undefined)
        const signer = { key: sent.signer.key, certificate }
        const content = await requestWith((await newSigner()).key, undefined)
        const options = { content, signer, ra: await place.ra(), messageType: '17' }
        return { signer, message: await messageOf(options) }
      },
    }
    for (const [name, make] of Object.entries(messages)) {
      it(`answers it as that: ${name}`, async () => {
        await overtakeEverywhere(held, async (): Promise<Race<CertRep>> => {
          const sent = await make()
          let first: CertRep | undefined
          return {
            send: () => send(held.urls.status, sent),
            async meanwhile() {
              first = await send(place.url, sent)
            },
            check(answer) {
              assert.notEqual(answer.status, '2', `refused: ${answer.failInfo}`)
              assert.equal(answer.status, first?.status)
              assert.deepEqual(answer.certificates, first?.certificates)
            },
          }
        })
      })
    }
  })
}
