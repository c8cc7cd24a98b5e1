import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import {
  createSigningRequest,
  derContext,
  derContextPrimitive,
  derElement,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  generateKey,
  oids,
  parseCertificate,
  tags,
} from '@sallyport/pki'
import { writeEnvelopedData } from '@sallyport/pki/cms'
import fc from 'fast-check'
import { enroll as enrollPhone } from '../../fixture/phone.ts'
import { readInside } from '../est/est-place.ts'
import { messageOf, newSigner, requestWith, selfSigned, type Signer } from './scep-client.ts'
import { deployScep, scepApp, type ScepPlace } from './scep-place.ts'

describe('SCEP under attack', () => {
  let scep: ScepPlace
  const bank = scepApp(', keyKinds: [rsa-2048]').replaceAll('wallet', 'bank').slice(1)
  const limits = ', limits: { failuresPerAddressPerHour: 100000 }'

  const audited = async (): Promise<number> => {
    const answer = await scep.admin('/admin/v1/audit?limit=1')
    const [newest] = answer.body.entries ?? answer.body.rows ?? []
    return newest?.seq ?? 0
  }
  /** Whatever is done in there leaves nothing behind: every change of state has a row in the audit log. */
  const leavingNothing = async (work: () => Promise<void>) => {
    const seq = await audited()
    assert.ok(seq > 0)
    await work()
    assert.equal(await audited(), seq)
  }

  const enrolled = async (appId = 'wallet'): Promise<Signer> => {
    const self = await newSigner()
    const answer = await scep.enroll(self, await scep.token(appId), { appId } as object)
    const [certificate] = answer.certificates
    assert.ok(certificate, answer.failInfo ?? '')
    return { key: self.key, certificate }
  }

  before(async () => {
    scep = await deployScep({ apps: scepApp('', limits) + bank })
    await scep.ra()
    await scep.ra('bank')
  })
  after(() => scep.close())

  it('refuses messages that are none, whichever way they are bent', async () => {
    const signer = await newSigner()
    const ra = await scep.ra()
    const content = await requestWith(signer.key, await scep.token())
    const message = await messageOf({ content, signer, ra })
    const [oid, wrapper] = readInside(message)
    const [signedData] = readInside(wrapper ?? message)
    const [version, digests, inside, certificates, signers] = readInside(signedData ?? message)
    assert.ok(oid && version && digests && inside && certificates && signers)
    const [info] = readInside(signers)
    assert.ok(info)
    const put = (...parts: Buffer[]) => derSequence(oid, derContext(0, derSequence(...parts)))
    const deep = Array.from({ length: 5_000 }).reduce<Buffer>(
      (part) => derSequence(part),
      derSequence(),
    )
    const attribute = derSequence(derOid('1.2.3'), derSetOf(derOctetString(Buffer.alloc(1))))
    const infoParts = readInside(info)
    const attributes = infoParts.findIndex((part) => part[0] === 0xa0)
    const crowded = derSequence(
      ...infoParts.with(
        attributes,
        derContext(0, ...Array.from({ length: 4_000 }, () => attribute)),
      ),
    )
    await leavingNothing(async () => {
      for (const [name, bytes] of Object.entries({
        nothing: Buffer.alloc(0),
        'no DER': Buffer.from('hello'),
        'the envelope alone': writeEnvelopedData(content, ra),
        'two signers': put(version, digests, inside, certificates, derSetOf(info, info)),
        'no signer': put(version, digests, inside, certificates, derSetOf()),
        'no certificates': put(version, digests, inside, signers),
        'no content': put(
          version,
          digests,
          derSequence(derOid('1.2.840.113549.1.7.1')),
          certificates,
          signers,
        ),
        'four thousand attributes': put(
          version,
          digests,
          inside,
          certificates,
          derElement(tags.set, crowded),
        ),
        'depth of five thousand': deep,
        'depth inside': put(
          version,
          digests,
          derSequence(derOid('1.2.840.113549.1.7.1'), derContext(0, deep)),
          certificates,
          signers,
        ),
        'indefinite without end': Buffer.concat([Buffer.from([0x30, 0x80]), message.subarray(4)]),
        'a length that lies': Buffer.concat([
          Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]),
          message.subarray(4),
        ]),
        'something behind it': Buffer.concat([message, Buffer.alloc(1)]),
        'cut short': message.subarray(0, -1),
        'another signature': Buffer.concat([
          message.subarray(0, -1),
          Buffer.from([message.at(-1)! ^ 1]),
        ]),
      })) {
        const answer = await scep.post(bytes)
        assert.equal(answer.status, 400, name)
        assert.match(((await answer.json()) as { code: string }).code, /^cms_|^message_/, name)
      }
    })
    // Of more than 64 KiB, which ten thousand would have, nothing is read.
    assert.equal((await scep.post(Buffer.alloc(65_537))).status, 413)
  })

  it('answers any bytes with a refusal, and goes on', async () => {
    const signer = await newSigner()
    const ra = await scep.ra()
    const message = await messageOf({ content: await requestWith(signer.key, 'x'), signer, ra })
    await leavingNothing(() =>
      fc.assert(
        fc.asyncProperty(
          fc.nat(message.length - 1),
          fc.integer({ min: 1, max: 255 }),
          async (at, by) => {
            const bent = Buffer.from(message)
            bent[at] = bent[at]! ^ by
            const answer = await scep.post(bent)
            assert.ok([200, 400, 429].includes(answer.status), String(answer.status))
          },
        ),
        { numRuns: 60 },
      ),
    )
  })

  it('tells nothing of what is wrong inside an envelope', async () => {
    const signer = await newSigner()
    const ra = await scep.ra()
    const request = await requestWith(signer.key, 'x')
    const whole = writeEnvelopedData(request, ra, 'aes-128-cbc')
    const bend = (at: number) => {
      const bent = Buffer.from(whole)
      bent[at] = bent[at]! ^ 0x01
      return bent
    }
    const encryptedKey = whole.indexOf(Buffer.from([0x04, 0x82, 0x01, 0x00])) + 100
    const nested = writeEnvelopedData(whole, ra, 'aes-128-cbc')
    const secret = writeEnvelopedData(Buffer.from('anything at all'), ra, 'aes-128-cbc')
    await leavingNothing(async () => {
      const told = new Set<string>()
      for (const envelope of [
        bend(whole.length - 1),
        bend(whole.length - 20),
        bend(encryptedKey),
        nested,
        secret,
      ]) {
        const answer = await scep.ask({ content: request, signer, envelope })
        told.add(`${answer.status} ${answer.failInfo} ${answer.content.length}`)
      }
      assert.deepEqual([...told], ['2 1 0'])
    })
    const other = writeEnvelopedData(request, signer.certificate)
    const answer = await scep.post(
      await messageOf({ content: request, signer, ra, envelope: other }),
    )
    assert.equal(((await answer.json()) as { code: string }).code, 'cms_recipient_unknown')
  })

  it('believes only the key that the request is of', async () => {
    const signer = await newSigner()
    const token = await scep.token()
    const victim = await newSigner()
    await leavingNothing(async () => {
      const content = await requestWith(victim.key, token)
      const answer = await scep.ask({ content, signer })
      assert.deepEqual([answer.status, answer.failInfo], ['2', '1'])
      const renewal = await scep.ask({ content, signer: victim, messageType: '17' })
      assert.deepEqual([renewal.status, renewal.failInfo], ['2', '1'])
    })
    // A certificate that bears the name of a CA of ours, and none of its signature.
    const forged = await selfSigned(victim.key, 'Unattested CA wallet fleet, example.com')
    const content = await requestWith(victim.key, undefined)
    await leavingNothing(async () => {
      const answer = await scep.ask({ content, signer: forged, messageType: '17' })
      assert.deepEqual([answer.status, answer.failInfo], ['2', '1'])
    })
  })

  it('renews no device that was revoked, of another app, or attested', async () => {
    const content = await requestWith(await generateKey('rsa-2048'), undefined)
    const stranger = await enrolled('bank')
    const revoked = await enrolled()
    const id = revoked.certificate.uris[0]?.split('/').at(-1)
    await scep.admin(`/admin/v1/devices/${id}/revoke`, { body: {} })
    const key = await generateKey('rsa-2048')
    const phone = await enrollPhone(scep, 'wallet', key)
    const [der] = phone.issued.certificates
    const attested = { key, certificate: parseCertificate(Buffer.from(der ?? '', 'base64url')) }
    assert.equal(attested.certificate.keyKind, 'rsa-2048')
    await leavingNothing(async () => {
      for (const signer of [stranger, revoked, attested]) {
        const answer = await scep.ask({ content, signer, messageType: '17' })
        assert.deepEqual([answer.status, answer.failInfo], ['2', '2'])
      }
      // Nor is a token spent on what an attested device signs.
      const asked = await requestWith(key, 'x')
      const answer = await scep.ask({ content: asked, signer: attested })
      assert.deepEqual([answer.status, answer.failInfo], ['2', '2'])
    })
    // Its key by a certificate that it makes itself: a key of another kind is nobody else's.
    const self = await selfSigned(key)
    const token = await scep.token()
    const usurper = await scep.enroll(self, token)
    assert.deepEqual([usurper.status, usurper.failInfo], ['2', '0'])
    const device = await scep.admin(`/admin/v1/devices/${phone.issued.deviceId}`)
    assert.equal(device.body.device.status, 'active')
  })

  it('reads nothing of a request but its key: no name, extension or predecessor', async () => {
    const victim = await enrolled()
    const extension = (oid: string, value: Buffer) =>
      derSequence(derOid(oid), derOctetString(value))
    const uri = derContextPrimitive(6, Buffer.from(victim.certificate.uris[0] ?? '', 'latin1'))
    const asked = derSequence(
      extension(oids.subjectAlternativeName, derSequence(uri)),
      extension(oids.predecessors, derSequence(derOctetString(randomBytes(32)))),
      extension(oids.facts, derSequence()),
      extension(
        oids.certificatePolicies,
        derSequence(derSequence(derOid(oids.assurancePolicies.strongbox))),
      ),
      extension(oids.basicConstraints, derSequence(derElement(tags.boolean, Buffer.from([0xff])))),
    )
    const attribute = derSequence(derOid('1.2.840.113549.1.9.14'), derSetOf(asked))
    const signer = await newSigner()
    const content = await requestWith(signer.key, await scep.token(), [attribute])
    const { certificates } = await scep.ask({ content, signer })
    const [certificate] = certificates
    assert.ok(certificate)
    assert.notEqual(certificate.uris[0], victim.certificate.uris[0])
    assert.deepEqual(certificate.policies, [oids.assurancePolicies.unattested])
    assert.equal(certificate.isCa, false)
    assert.equal(certificate.extensions.has(oids.predecessors), false)
  })

  it('takes no key of a kind that the app leaves out, by request or by signature', async () => {
    const signer = await newSigner()
    await leavingNothing(async () => {
      const content = createSigningRequest(await generateKey('ec-p256'))
      const answer = await scep.ask({ content, signer })
      // By the request of another key nothing is told of what is in it; by a signature it is.
      assert.deepEqual([answer.status, answer.failInfo], ['2', '1'])
      const other = await selfSigned(await generateKey('rsa-3072'))
      const own = await requestWith(other.key, 'x')
      const refused = await scep.ask({ content: own, signer: other, appId: 'bank' })
      assert.deepEqual([refused.status, refused.failInfo], ['2', '0'])
    })
  })
})

describe('SCEP and whoever guesses', () => {
  let scep: ScepPlace
  before(async () => {
    scep = await deployScep({
      apps: scepApp('', ', limits: { failuresPerAddressPerHour: 5 }'),
    })
  })
  after(() => scep.close())

  it('refuses an address after so many challenges that nobody knows', async () => {
    const signer = await newSigner()
    for (let count = 0; count < 5; count++) {
      const answer = await scep.enroll(signer, `guess ${count}`)
      assert.equal(answer.status, '2')
    }
    const good = await scep.token()
    await assert.rejects(async () => scep.enroll(signer, good), /^Error: 429 /)
    const metrics = await scep.operations('/metrics')
    assert.match(metrics.text, /scep_total\{app="wallet",answer="refused"\} 5/)
  })

  it('tells a flood from one place to come back', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 400 }, async () => {
        const answer = await fetch(`${scep.url}/scep/wallet?operation=GetCACaps`)
        await answer.text()
        return answer.status
      }),
    )
    assert.deepEqual([...new Set(statuses)].sort(), [200, 429])
  })
})
