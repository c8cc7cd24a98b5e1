import assert from 'node:assert/strict'
import https from 'node:https'
import { after, before, describe, it } from 'node:test'
import { createSigningRequest, generateKey, toPem, verifyDeviceCertificate } from '@sallyport/pki'
import { movableClock } from '../../fixture/clock.ts'
import { enroll as enrollPhone } from '../../fixture/phone.ts'
import { certificatesOf, deployEst, type EstPlace, estApp, type Held } from './est-place.ts'

describe('EST', () => {
  let est: EstPlace
  before(async () => {
    est = await deployEst({
      apps: `${estApp()}  bank:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    protocols: { est: { renewalKey: new } }
`,
    })
  })
  after(() => est.close())

  const enrolled = async (kind: 'ec-p256' | 'rsa-2048' = 'ec-p256'): Promise<Held> => {
    const key = await generateKey(kind)
    const answer = await est.enroll(key, { token: await est.token() })
    assert.equal(answer.status, 200, answer.text)
    const [certificate] = certificatesOf(answer)
    assert.ok(certificate)
    return { key, certificate }
  }
  const deviceIdOf = ({ certificate }: Held) => certificate.uris[0]?.split('/').at(-1) ?? ''

  it('tells its CAs, the one that issues first', async () => {
    const answer = await est.device('/.well-known/est/wallet/cacerts')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'application/pkcs7-mime')
    assert.equal(answer.headers['content-transfer-encoding'], 'base64')
    const [issuing, root] = certificatesOf(answer)
    assert.ok(issuing?.isCa && root?.isCa)
    const { certificate } = await enrolled()
    assert.ok(certificate.issuer.equals(issuing.subject))
    assert.ok(issuing.issuer.equals(root.subject))
  })

  it('issues to a one-time token, as unattested and under our own name', async () => {
    const { certificate } = await enrolled()
    assert.match(certificate.uris[0] ?? '', /^spiffe:\/\/example\.com\/app\/wallet\/device\/dev_/)
    assert.equal(certificate.subject.length, 2)
    const answer = await est.device('/.well-known/est/wallet/cacerts')
    const issuers = certificatesOf(answer).map((ca) => ({
      certificate: ca,
      appId: 'wallet',
      kind: 'unattested' as const,
      trustDomain: 'example.com',
      own: true,
    }))
    const verified = verifyDeviceCertificate(certificate.der, {
      version: 1,
      allowDevelopment: false,
      issuers,
    })
    assert.ok(verified.ok, JSON.stringify(verified))
    assert.equal(verified.device.assurance, 'unattested')
  })

  it('answers the same token with the same key alike, and no other key', async () => {
    const key = await generateKey('ec-p256')
    const token = await est.token()
    const [first, again] = [await est.enroll(key, { token }), await est.enroll(key, { token })]
    assert.equal(again.status, 200)
    assert.equal(certificatesOf(again)[0]?.thumbprint, certificatesOf(first)[0]?.thumbprint)
    const thief = await est.enroll(await generateKey('ec-p256'), { token })
    assert.equal(thief.status, 401)
    assert.equal(thief.body.code, 'enrollment_token_invalid')
  })

  it('asks for HTTP Basic where nothing came, and for a good token where another did', async () => {
    const key = await generateKey('ec-p256')
    const foreign = await est.token('bank')
    for (const token of [undefined, foreign, 'ent_nothing', '']) {
      const answer = await est.enroll(key, token === undefined ? {} : { token })
      assert.equal(answer.status, 401)
      assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm="EST"/)
    }
    // The token of the other app was not used by that.
    const there = await est.enroll(key, {
      token: foreign,
      at: '/.well-known/est/bank/simpleenroll',
    })
    assert.equal(there.status, 200, there.text)
  })

  it('renews over mutual TLS, with another key or the same', async () => {
    const held = await enrolled()
    const key = await generateKey('rsa-2048')
    const answer = await est.reenroll(key, held)
    assert.equal(answer.status, 200, answer.text)
    const [certificate] = certificatesOf(answer)
    assert.ok(certificate)
    assert.equal(certificate.uris[0], held.certificate.uris[0])
    const next = { key, certificate }
    const same = await est.reenroll(key, next)
    assert.equal(same.status, 200, same.text)
    assert.equal(certificatesOf(same)[0]?.spkiSha256, certificate.spkiSha256)
    // simpleenroll with a certificate of ours is a renewal: it makes no other device.
    const [third] = certificatesOf(same)
    assert.ok(third)
    const more = await est.enroll(await generateKey('ec-p256'), {
      held: { key, certificate: third },
    })
    assert.equal(more.status, 200, more.text)
    assert.equal(certificatesOf(more)[0]?.uris[0], held.certificate.uris[0])
  })

  it('renews no one without a certificate, of another app, attested, or revoked', async () => {
    const held = await enrolled()
    const key = await generateKey('ec-p256')
    const nobody = await est.device('/.well-known/est/wallet/simplereenroll', {
      method: 'POST',
      text: 'AAAA',
    })
    assert.equal(nobody.body.code, 'device_certificate_required')
    const elsewhere = await est.reenroll(key, held, { at: '/.well-known/est/bank/simplereenroll' })
    assert.equal(elsewhere.body.code, 'renewal_protocol_mismatch')

    const phone = await enrollPhone(est)
    const attested = await est.device('/.well-known/est/wallet/simplereenroll', {
      method: 'POST',
      text: createSigningRequest(key).toString('base64'),
      ...phone.tls,
    })
    assert.equal(attested.body.code, 'renewal_protocol_mismatch')

    const revoke = await est.admin(`/admin/v1/devices/${deviceIdOf(held)}/revoke`, { body: {} })
    assert.equal(revoke.status, 200)
    const revoked = await est.reenroll(key, held)
    assert.equal(revoked.status, 403)
    assert.equal(revoked.body.code, 'device_revoked')
  })

  it('asks for a new key where the app wants one', async () => {
    const key = await generateKey('ec-p256')
    const at = '/.well-known/est/bank/simpleenroll'
    const [certificate] = certificatesOf(
      await est.enroll(key, { token: await est.token('bank'), at }),
    )
    assert.ok(certificate)
    const held = { key, certificate }
    const reenroll = { at: '/.well-known/est/bank/simplereenroll' }
    const same = await est.reenroll(key, held, reenroll)
    assert.equal(same.body.code, 'csr_key_not_allowed')
    const another = await est.reenroll(await generateKey('ec-p256'), held, reenroll)
    assert.equal(another.status, 200, another.text)
  })

  it('reads what clients send: wrapped lines, PEM, DER, any type', async () => {
    const variants = [
      (der: Buffer) => der.toString('base64').replace(/(.{64})/g, '$1\r\n'),
      (der: Buffer) => toPem('CERTIFICATE REQUEST', der),
      (der: Buffer) => `  ${toPem('NEW CERTIFICATE REQUEST', der)}\n\n`,
    ]
    for (const body of variants) {
      const key = await generateKey('ec-p256')
      const answer = await est.enroll(key, {
        token: await est.token(),
        body: body(createSigningRequest(key)),
        headers: { 'content-type': 'application/octet-stream' },
      })
      assert.equal(answer.status, 200, answer.text)
    }
  })

  it('refuses what is too large before it is read, and what is no request', async () => {
    const token = await est.token()
    const large = await requestOfLength(est, token, 8 * 1024 * 1024)
    assert.equal(large, 413)
    const key = await generateKey('ec-p256')
    for (const body of ['', '!', 'A'.repeat(60_000), Buffer.alloc(30_000).toString('base64')]) {
      const answer = await est.enroll(key, { token, body })
      assert.equal(answer.status, 400, body.slice(0, 20))
    }
    // Nothing of that used the token.
    assert.equal((await est.enroll(key, { token })).status, 200)
  })

  it('says what a request is to have', async () => {
    const answer = await est.device('/.well-known/est/wallet/csrattrs')
    assert.equal(answer.headers['content-type'], 'application/csrattrs')
    assert.equal(Buffer.from(answer.text, 'base64')[0], 0x30)
  })

  it('is not there for apps without it, nor without a label where there are two', async () => {
    for (const at of ['/.well-known/est/nobody/cacerts', '/.well-known/est/cacerts']) {
      assert.equal((await est.device(at)).status, 404)
    }
  })
})

/** The status of a POST that announces so many bytes, and sends a few. */
function requestOfLength(est: EstPlace, token: string, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      `${est.authority.addresses.device}/.well-known/est/wallet/simpleenroll`,
      {
        method: 'POST',
        ca: est.caPem,
        headers: {
          'content-type': 'application/pkcs10',
          'content-length': length,
          authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
        },
      },
    )
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0)
      request.destroy()
    })
    request.on('error', reject)
    request.write('MIIB')
  })
}

describe('EST with approval', () => {
  let est: EstPlace
  before(async () => {
    est = await deployEst({ apps: estApp('', ', approval: required') })
  })
  after(() => est.close())

  it('has an enrolment wait, and answers the same request when it is approved', async () => {
    const key = await generateKey('ec-p256')
    const token = await est.token()
    const first = await est.enroll(key, { token })
    assert.equal(first.status, 202, first.text)
    assert.equal(first.headers['retry-after'], '60')
    assert.match(String(first.headers['content-type']), /^text\/plain/)
    const again = await est.enroll(key, { token })
    assert.equal(again.text, first.text)
    const { approvals } = (await est.admin('/admin/v1/approvals')).body
    assert.equal(approvals.length, 1)
    const thief = await est.enroll(await generateKey('ec-p256'), { token })
    assert.equal(thief.status, 401)
    await est.admin(`/admin/v1/approvals/${approvals[0].id}/approve`, { body: {} })
    const issued = await est.enroll(key, { token })
    assert.equal(issued.status, 200, issued.text)
    const repeated = await est.enroll(key, { token })
    assert.equal(repeated.text, issued.text)
  })

  it('tells of a denial', async () => {
    const key = await generateKey('ec-p256')
    const token = await est.token()
    assert.equal((await est.enroll(key, { token })).status, 202)
    const { approvals } = (await est.admin('/admin/v1/approvals')).body
    await est.admin(`/admin/v1/approvals/${approvals[0].id}/deny`, { body: {} })
    const denied = await est.enroll(key, { token })
    assert.equal(denied.body.code, 'enrollment_denied')
  })
})

describe('EST after a certificate expired', () => {
  it('renews over a handshake with it, until its grace period is over', async (t) => {
    const clock = movableClock()
    const est = await deployEst({ now: clock.now })
    t.after(() => est.close())
    const { key, certificate } = await enrolledAt(est)
    clock.move(9)
    assert.ok(certificate.notAfter < clock.now(), 'it has not expired')
    const answer = await est.reenroll(await generateKey('ec-p256'), { key, certificate })
    assert.equal(answer.status, 200, answer.text)
    const [renewed] = certificatesOf(answer)
    assert.equal(renewed?.uris[0], certificate.uris[0])

    const late = await enrolledAt(est)
    clock.move(7 + 30 + 1)
    const refused = await est.reenroll(await generateKey('ec-p256'), late)
    assert.equal(refused.body.code, 'renewal_grace_over')
  })

  async function enrolledAt(est: EstPlace): Promise<Held> {
    const key = await generateKey('ec-p256')
    const [certificate] = certificatesOf(await est.enroll(key, { token: await est.token() }))
    assert.ok(certificate)
    return { key, certificate }
  }
})
