import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { toPem } from '@sallyport/pki'
import { isSignedContent, readSignedData } from '@sallyport/pki/cms'
import { toBase64url } from '@sallyport/wire'
import { movableClock } from '../../fixture/clock.ts'
import { missingProgram } from '../../published/missing-program.ts'
import { relyingParty } from '../../published/relying-party.ts'
import { certificatesIn } from '../est/est-place.ts'
import { deployScep, scepApp, type ScepPlace } from './scep-place.ts'

describe('the CA to come, over SCEP', () => {
  const clock = movableClock()
  let scep: ScepPlace
  before(async () => {
    scep = await deployScep({ now: clock.now, apps: scepApp('', '', ', revocation: published') })
  })
  after(() => scep.close())

  const ask = (operation: string) => fetch(`${scep.url}/scep/wallet?operation=${operation}`)
  const issuingNow = async () => {
    const [, issuing] = certificatesIn(Buffer.from(await (await ask('GetCACert')).arrayBuffer()))
    assert.ok(issuing)
    return issuing
  }

  it('is none where none is announced', async () => {
    assert.match(await (await ask('GetCACaps')).text(), /^GetNextCACert$/m)
    assert.equal((await ask('GetNextCACert')).status, 404)
  })

  it('is signed by the registration authority of now, and issues when its time has come', async () => {
    const ra = await scep.ra()
    const before = await issuingNow()
    const body = {
      appId: 'wallet',
      kind: 'unattested',
      lane: 'fleet',
      announcedMinutes: 29 * 24 * 60,
    }
    const made = await scep.admin('/admin/v1/issuers', { body })
    assert.equal(made.status, 200, made.text)
    const answer = await ask('GetNextCACert')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-x509-next-ca-cert')
    const bytes = Buffer.from(await answer.arrayBuffer())
    const signed = readSignedData(bytes)
    assert.ok(isSignedContent(signed, ra))
    const [next, ...more] = certificatesIn(signed.content)
    assert.equal(more.length, 0)
    assert.equal(toBase64url(next?.der ?? new Uint8Array()), made.body.issuer.certificate)
    assert.ok(!next?.spki.equals(before.spki) && next?.subject.equals(before.subject))

    assert.ok((await issuingNow()).spki.equals(before.spki), 'announced, and not issuing')
    clock.move(29)
    assert.ok((await issuingNow()).spki.equals(next?.spki ?? Buffer.alloc(0)))
    assert.equal((await ask('GetNextCACert')).status, 404)
  })

  it('openssl verifies the answer up to the root', {
    skip: missingProgram('openssl'),
  }, async () => {
    const party = relyingParty({})
    try {
      const body = { appId: 'wallet', kind: 'unattested', lane: 'fleet', announcedMinutes: 60 }
      const made = await scep.admin('/admin/v1/issuers', { body })
      assert.equal(made.status, 200, made.text)
      const cas = certificatesIn(Buffer.from(await (await ask('GetCACert')).arrayBuffer()))
      party.file('next.p7', Buffer.from(await (await ask('GetNextCACert')).arrayBuffer()))
      party.file('root.pem', toPem('CERTIFICATE', cas.at(-1)?.der ?? Buffer.alloc(0)))
      // What a client has of GetCACert.
      party.file('believed.pem', cas.map(({ der }) => toPem('CERTIFICATE', der)).join(''))
      const at = Math.floor(clock.now() / 1_000)
      const verified = await party.run(
        'openssl',
        ...'cms -verify -inform DER -in next.p7 -binary -purpose any -CAfile believed.pem -out inside.p7'.split(
          ' ',
        ),
        '-attime',
        String(at),
      )
      assert.ok(verified.ok, verified.text)
      const printed = await party.run(
        'openssl',
        ...'pkcs7 -inform DER -in inside.p7 -print_certs -out next.pem'.split(' '),
      )
      assert.ok(printed.ok, printed.text)
      const chain = await party.run(
        'openssl',
        ...`verify -attime ${at} -CAfile root.pem next.pem`.split(' '),
      )
      assert.match(chain.text, /OK/)
    } finally {
      party.close()
    }
  })
})
