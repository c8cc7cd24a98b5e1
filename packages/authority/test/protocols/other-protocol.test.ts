import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSigningRequest, generateKey, nameText } from '@sallyport/pki'
import { basic, certificatesOf, type Held, tlsOf } from './est/est-place.ts'
import { newSigner, requestWith } from './scep/scep-client.ts'
import { deployScep, type ScepPlace } from './scep/scep-place.ts'

// Machines enrol by EST and phones of an MDM by SCEP, each fleet with a CA of its own, which is withdrawn alone.

let place: ScepPlace
before(async () => {
  place = await deployScep({
    apps: `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    certificate: { onFork: revoke }
    protocols: { est: { lane: machines }, scep: { lane: phones } }
`,
  })
})
after(() => place.close())

const est = async (operation: string, key: Held['key'], more: { held?: Held; token?: string }) => {
  const { held, token } = more
  return place.device(`/.well-known/est/wallet/${operation}`, {
    method: 'POST',
    text: createSigningRequest(key).toString('base64'),
    ...(token === undefined ? {} : { headers: { authorization: basic(token) } }),
    ...(held === undefined ? {} : tlsOf(held)),
  })
}
const issuerOf = ({ certificate }: Held) => nameText(certificate.issuer)

test('a machine renews by EST and a phone by SCEP, and neither comes by a certificate of the other fleet', async () => {
  const key = await generateKey('rsa-2048')
  const [enrolled] = certificatesOf(await est('simpleenroll', key, { token: await place.token() }))
  assert.ok(enrolled)
  const machine = { key, certificate: enrolled }
  assert.match(issuerOf(machine), /machines/)
  const content = await requestWith(await generateKey('rsa-2048'), undefined)
  const crossed = await place.ask({ content, signer: machine, messageType: '17' })
  assert.deepEqual([crossed.status, crossed.failInfo], ['2', '2'])

  const signer = await newSigner()
  const [issued] = (await place.enroll(signer, await place.token())).certificates
  assert.ok(issued)
  const phone = { key: signer.key, certificate: issued }
  assert.match(issuerOf(phone), /phones/)
  for (const operation of ['simplereenroll', 'simpleenroll']) {
    const answer = await est(operation, await generateKey('rsa-2048'), { held: phone })
    assert.equal(answer.body?.code, 'renewal_protocol_mismatch', answer.text)
  }

  const again = await est('simplereenroll', key, { held: machine })
  assert.equal(again.status, 200, again.text)
  assert.equal((await place.ask({ content, signer: phone, messageType: '17' })).status, '0')
})
