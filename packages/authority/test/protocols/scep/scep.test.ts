import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { derInteger, derSequence, generateKey, parseCertificateList } from '@sallyport/pki'
import { movableClock } from '../../fixture/clock.ts'
import { certificatesIn } from '../est/est-place.ts'
import { messageOf, newSigner, requestWith, type Signer } from './scep-client.ts'
import { deployScep, scepApp, type ScepPlace } from './scep-place.ts'

describe('SCEP', () => {
  let scep: ScepPlace
  before(async () => {
    scep = await deployScep({ apps: scepApp('', '', ', revocation: published') })
  })
  after(() => scep.close())

  const enrolled = async (): Promise<Signer & { self: Signer }> => {
    const self = await newSigner()
    const answer = await scep.enroll(self, await scep.token())
    assert.equal(answer.status, '0', answer.failInfo ?? '')
    const [certificate] = answer.certificates
    assert.ok(certificate)
    return { key: self.key, certificate, self }
  }

  it('tells what it can, and who it is', async () => {
    for (const at of ['/scep/wallet', '/scep/wallet/pkiclient.exe']) {
      const capabilities = await fetch(`${scep.url}${at}?operation=GetCACaps`)
      assert.match(
        await capabilities.text(),
        /^AES\n[^]*POSTPKIOperation\nRenewal\nSCEPStandard\n$/,
      )
      const answer = await fetch(`${scep.url}${at}?operation=GetCACert`)
      assert.equal(answer.headers.get('content-type'), 'application/x-x509-ca-ra-cert')
      const [ra, issuing, root] = certificatesIn(Buffer.from(await answer.arrayBuffer()))
      assert.equal(ra?.keyKind, 'rsa-2048')
      assert.ok(ra.issuer.equals(issuing?.subject ?? Buffer.alloc(0)) && root?.isCa)
      assert.deepEqual([...(ra.keyUsage ?? [])].sort(), ['digitalSignature', 'keyEncipherment'])
    }
  })

  it('issues to a one-time token, and answers the transaction again', async () => {
    const signer = await newSigner()
    const token = await scep.token()
    const nonce = randomBytes(16)
    const answer = await scep.enroll(signer, token, { transactionId: 'T=1', nonce })
    assert.equal(answer.status, '0')
    assert.ok(answer.isSigned)
    assert.equal(answer.transactionId, 'T=1')
    assert.deepEqual(answer.recipientNonce, nonce)
    const [certificate] = answer.certificates
    assert.equal(certificate?.spkiSha256, signer.certificate.spkiSha256)
    assert.match(certificate?.uris[0] ?? '', /^spiffe:\/\/example\.com\/app\/wallet\/device\/dev_/)
    const again = await scep.enroll(signer, token, { transactionId: 'T=1' })
    assert.equal(again.certificates[0]?.thumbprint, certificate?.thumbprint)
    // Its token is used: another transaction, or another key, is another order.
    assert.equal((await scep.enroll(signer, token, { transactionId: 'T=2' })).status, '2')
    assert.equal(
      (await scep.enroll(await newSigner(), token, { transactionId: 'T=1' })).status,
      '2',
    )
  })

  it('renews by a certificate of ours, with another key or the same', async () => {
    const { key, certificate } = await enrolled()
    const next = await generateKey('rsa-2048')
    const asked = {
      content: await requestWith(next, undefined),
      signer: { key, certificate },
      messageType: '17',
    }
    const answer = await scep.ask(asked)
    assert.equal(answer.status, '0', answer.failInfo ?? '')
    const [renewed] = answer.certificates
    assert.equal(renewed?.uris[0], certificate.uris[0])
    assert.ok(renewed)
    // Called PKCSReq it is a renewal all the same (strongSwan, OpenXPKI).
    const same = await scep.ask({
      content: await requestWith(next, 'ignored'),
      signer: { key: next, certificate: renewed },
    })
    assert.equal(same.certificates[0]?.uris[0], certificate.uris[0])
  })

  it('tells a key its certificate, and anybody the list', async () => {
    const { key, certificate, self } = await enrolled()
    const number = derInteger(Buffer.from(certificate.serial.padStart(32, '0'), 'hex'))
    const named = derSequence(certificate.issuer, number)
    const found = await scep.ask({ content: named, signer: self, messageType: '21' })
    assert.equal(found.certificates[0]?.thumbprint, certificate.thumbprint)
    const other = await scep.ask({ content: named, signer: await newSigner(), messageType: '21' })
    assert.deepEqual([other.status, other.failInfo], ['2', '4'])
    // A list that is re-issued in between is another one: both are asked for again.
    const address = `${scep.url}/crl/${await issuerIdOf()}.crl`
    for (let round = 0; ; round++) {
      assert.ok(round < 20, 'what is answered is never what is published')
      const asked = { content: named, signer: { key, certificate }, messageType: '22' }
      const list = await scep.ask(asked)
      assert.equal(list.status, '0', list.failInfo ?? '')
      const published = await fetch(address)
      const der = Buffer.from(await published.arrayBuffer())
      if (!list.content.includes(der)) continue
      assert.ok(parseCertificateList(der).issuer.equals(certificate.issuer))
      break
    }
  })

  const issuerIdOf = async () => {
    const answer = await fetch(`${scep.url}/scep/wallet?operation=GetCACert`)
    return certificatesIn(Buffer.from(await answer.arrayBuffer()))[1]?.spkiSha256
  }

  it('answers what comes by GET, escaped in part', async () => {
    const signer = await newSigner()
    const message = await messageOf({
      content: await requestWith(signer.key, await scep.token()),
      signer,
      ra: await scep.ra(),
    })
    const base64 = message.toString('base64').replace(/(.{64})/g, '$1\n')
    const escaped = base64.replaceAll('\n', '%0A').replaceAll('=', '%3D')
    const answer = await fetch(`${scep.url}/scep/wallet?operation=PKIOperation&message=${escaped}`)
    assert.equal(answer.headers.get('content-type'), 'application/x-pki-message')
  })

  it('is not there for other apps, and knows no other operation', async () => {
    assert.equal((await fetch(`${scep.url}/scep/nobody?operation=GetCACaps`)).status, 404)
    assert.equal((await fetch(`${scep.url}/scep/wallet?operation=constructor`)).status, 400)
    assert.equal((await fetch(`${scep.url}/scep/wallet`)).status, 400)
  })
})

describe('SCEP with approval', () => {
  let scep: ScepPlace
  before(async () => {
    scep = await deployScep({ apps: scepApp('', ', approval: required') })
  })
  after(() => scep.close())

  it('has an enrolment wait, tells its key alone, and issues when it is approved', async () => {
    const signer = await newSigner()
    const content = await requestWith(signer.key, await scep.token())
    const first = await scep.ask({ content, signer, transactionId: 'waiting' })
    assert.equal(first.status, '3')
    const poll = (by: Signer, transactionId = 'waiting') =>
      scep.ask({
        content: derSequence(by.certificate.issuer, by.certificate.subject),
        signer: by,
        messageType: '20',
        transactionId,
      })
    assert.equal((await poll(signer)).status, '3')
    const stranger = await poll(await newSigner())
    assert.deepEqual([stranger.status, stranger.failInfo], ['2', '4'])
    assert.equal((await poll(signer, 'another')).status, '2')
    const { approvals } = (await scep.admin('/admin/v1/approvals')).body
    assert.equal(approvals.length, 1)
    await scep.admin(`/admin/v1/approvals/${approvals[0].id}/approve`, { body: {} })
    const issued = await poll(signer)
    assert.equal(issued.status, '0')
    const again = await scep.ask({ content, signer, transactionId: 'waiting' })
    assert.equal(again.certificates[0]?.thumbprint, issued.certificates[0]?.thumbprint)
  })
})

describe('the registration authority of SCEP', () => {
  const dayMs = 24 * 3_600_000
  let scep: ScepPlace
  let shiftMs = 0
  before(async () => {
    scep = await deployScep({ now: () => Date.now() + shiftMs })
  })
  after(() => scep.close())

  it('is followed by another before it ends, opens until it does, and then no more', async () => {
    const first = await scep.ra()
    shiftMs = 250 * dayMs
    const second = await scep.ra()
    assert.notEqual(second.thumbprint, first.thumbprint)
    assert.ok(second.notAfter > first.notAfter)
    const send = async (ra: typeof first) => {
      const signer = await newSigner()
      // The answer tells that nobody knows the secret: what is looked at is whether it could be read.
      const content = await requestWith(signer.key, 'of nobody')
      return scep.post(await messageOf({ content, signer, ra }))
    }
    assert.equal((await send(first)).status, 200)
    assert.equal((await send(second)).status, 200)
    shiftMs = 366 * dayMs
    const late = await send(first)
    assert.equal(late.status, 400)
    assert.equal(((await late.json()) as { code: string }).code, 'cms_recipient_unknown')
    assert.equal((await send(second)).status, 200)
  })
})

describe('SCEP after a certificate expired', () => {
  it('renews by a message of its key, until its grace period is over', async (t) => {
    const clock = movableClock()
    const scep = await deployScep({ now: clock.now })
    t.after(() => scep.close())
    const enrolled = async (): Promise<Signer> => {
      const { key, certificate: self } = await newSigner()
      const answer = await scep.enroll({ key, certificate: self }, await scep.token())
      const [certificate] = answer.certificates
      assert.ok(certificate)
      return { key, certificate }
    }
    const renew = async (signer: Signer) => {
      const content = await requestWith(await generateKey('rsa-2048'), undefined)
      return scep.ask({ content, signer, messageType: '17' })
    }
    const signer = await enrolled()
    clock.move(9)
    assert.ok(signer.certificate.notAfter < clock.now(), 'it has not expired')
    const answer = await renew(signer)
    assert.equal(answer.status, '0', answer.failInfo ?? '')
    assert.equal(answer.certificates[0]?.uris[0], signer.certificate.uris[0])

    const late = await enrolled()
    clock.move(7 + 30 + 1)
    assert.equal((await renew(late)).status, '2')
  })
})
