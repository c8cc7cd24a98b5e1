import assert from 'node:assert/strict'
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  type Certificate,
  derContext,
  derContextPrimitive,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  generateKey,
  tags,
} from '@sallyport/pki'
import { openStore } from '../../../src/store/store.ts'
import { storeIn } from '../../fixture/store-place.ts'
import { messageOf, newSigner, readCertRep, requestWith, type Signer } from './scep-client.ts'
import { deployScep, scepApp, type ScepPlace } from './scep-place.ts'

/** SCEP goes over plain HTTP: whoever is on the way has every message, and sends what they like of it. */
let scep: ScepPlace
before(async () => {
  const limits = ', limits: { failuresPerAddressPerHour: 40 }'
  const patient = scepApp().replaceAll('wallet', 'patient').slice(1)
  scep = await deployScep({ apps: scepApp('', limits, ', onFork: revoke') + patient })
})
after(() => scep.close())

/** EnvelopedData of bytes that are padded, or not, by whoever bent them. AES-128-CBC. */
function envelopeOf(ra: Certificate, padded: Buffer): Buffer {
  const [key, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
  const encrypted = Buffer.concat([cipher.update(padded), cipher.final()])
  const number = derInteger(Buffer.from(ra.serial.padStart(32, '0'), 'hex'))
  const wrapped = publicEncrypt({ key: ra.publicKey, padding: constants.RSA_PKCS1_PADDING }, key)
  const recipient = derSequence(
    derInteger(0),
    derSequence(ra.issuer, number),
    derSequence(derOid('1.2.840.113549.1.1.1'), derElement(tags.null)),
    derOctetString(wrapped),
  )
  const enveloped = derSequence(
    derInteger(0),
    derSetOf(recipient),
    derSequence(
      derOid('1.2.840.113549.1.7.1'),
      derSequence(derOid('2.16.840.1.101.3.4.1.2'), derOctetString(iv)),
      derContextPrimitive(0, encrypted),
    ),
  )
  return derSequence(derOid('1.2.840.113549.1.7.3'), derContext(0, enveloped))
}

/** What a failed CertRep tells, but for what is random in every one. */
async function toldOf(signer: Signer, envelope: Buffer, messageType = '19'): Promise<string> {
  const ra = await scep.ra('patient')
  const message = await messageOf({ content: Buffer.alloc(0), signer, ra, envelope, messageType })
  const answer = await scep.post(message, 'patient')
  const bytes = Buffer.from(await answer.arrayBuffer())
  const from = bytes.indexOf(Buffer.from([0x0c]), bytes.indexOf(derOid('1.3.6.1.5.5.7.24.1')))
  const text = from === -1 ? '' : bytes.subarray(from + 2, from + 2 + bytes[from + 1]!)
  return `${answer.status} ${text.toString('utf8')}`
}

test('no answer tells whether a bent message was padded rightly, or began like a request', async () => {
  const signer = await newSigner()
  const ra = await scep.ra('patient')
  const form = (first: number) =>
    Buffer.from([0x30, 29, 0x30, 0, first, 0, 0x03, 23, ...randomBytes(23)])
  const bent = {
    'padding that is right': Buffer.concat([form(0x30), Buffer.from([1])]),
    'padding that is wrong': Buffer.concat([form(0x30), Buffer.from([0x77])]),
    'another form': Buffer.concat([form(0x31), Buffer.from([1])]),
  }
  const told = new Set<string>()
  for (const padded of Object.values(bent)) {
    assert.equal(padded.length % 16, 0)
    told.add(await toldOf(signer, envelopeOf(ra, padded)))
  }
  // A whole request, of which one byte is another: its signature does not hold.
  const request = await requestWith(signer.key, 'a challenge')
  const spoiled = Buffer.from(request)
  spoiled[request.length - 300]! ^= 1
  const padding = 16 - (spoiled.length % 16)
  const whole = Buffer.concat([spoiled, Buffer.alloc(padding, padding)])
  told.add(await toldOf(signer, envelopeOf(ra, whole)))
  // The same of what names a certificate.
  const named = Buffer.concat([
    Buffer.from([0x30, 29, 0x30, 0, 0x02, 25, 0, 0, ...randomBytes(23)]),
    Buffer.from([1]),
  ])
  told.add(await toldOf(signer, envelopeOf(ra, named), '21'))
  assert.deepEqual([...told], ['200 The message cannot be decrypted'])
})

const enrolled = async (): Promise<Signer> => {
  const { key, ...self } = await newSigner()
  const answer = await scep.enroll({ key, ...self }, await scep.token())
  const [certificate] = answer.certificates
  assert.ok(certificate, answer.failInfo ?? '')
  return { key, certificate }
}

test('a renewal that somebody kept, and sends later, ends no device', async () => {
  const first = await enrolled()
  const asking = async (signer: Signer, key = generateKey('rsa-2048')) => ({
    key: await key,
    asked: { content: await requestWith(await key, undefined), signer, messageType: '17' },
  })
  const { asked: kept } = await asking(first)
  const { key, asked } = await asking(first)
  const [second] = (await scep.ask(asked)).certificates
  assert.ok(second)
  await scep.ask((await asking({ key, certificate: second })).asked)
  const late = await scep.ask(kept)
  assert.equal(late.status, '2')
  const id = second.uris[0]?.split('/').at(-1)
  const { body } = await scep.admin(`/admin/v1/devices/${id}`)
  assert.equal(body.device.status, 'active')
})

test('an enrolment that somebody kept takes no place of the device that it made', async () => {
  const { body } = await scep.admin('/admin/v1/mdm/credentials', { body: { appId: 'wallet' } })
  const self = await newSigner()
  const ra = await scep.ra()
  const content = await requestWith(self.key, body.challenge)
  const kept = await messageOf({ content, signer: self, ra })
  const enrolled = await scep.post(kept)
  const [certificate] = (await readCertRep(Buffer.from(await enrolled.arrayBuffer()), self, ra))
    .certificates
  assert.ok(certificate)
  const key = await generateKey('rsa-2048')
  const asked = { content: await requestWith(key, undefined), messageType: '17' }
  const held = { key: self.key, certificate }
  const [renewed] = (await scep.ask({ ...asked, signer: held })).certificates
  assert.ok(renewed)
  // After a month nobody remembers what it was answered with.
  const store = await openStore(storeIn(scep.directory))
  await store.write((tx) => tx.deleteFrom('challenges_used').execute())
  await store.close()
  const late = await readCertRep(Buffer.from(await (await scep.post(kept)).arrayBuffer()), self, ra)
  assert.equal(late.status, '2')
  const id = renewed.uris[0]?.split('/').at(-1)
  const device = (await scep.admin(`/admin/v1/devices/${id}`)).body.device
  assert.equal(device.status, 'active')
  // A challenge that is good once was kept by nobody: the same key may begin anew.
  const anew = await scep.enroll(self, await scep.token(), { transactionId: 'anew' })
  assert.equal(anew.status, '0', anew.failInfo ?? '')
})

test('who fails again and again is asked to wait before anything of theirs is decrypted', async () => {
  const signer = await newSigner()
  const device = await enrolled()
  const ra = await scep.ra()
  const message = await messageOf({ content: Buffer.from('nothing'), signer, ra })
  const statuses: number[] = []
  for (let sent = 0; sent < 45; sent++) statuses.push((await scep.post(message)).status)
  assert.equal(statuses[0], 200)
  assert.equal(statuses.at(-1), 429)
  const next = await generateKey('rsa-2048')
  const content = await requestWith(next, undefined)
  const renewed = await scep.ask({ content, signer: device, messageType: '17' })
  assert.equal(renewed.status, '0', 'a device of ours behind the same address renews')
})
