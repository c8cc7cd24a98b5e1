import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseCertificate, toPem } from '@sallyport/pki'
import { missingProgram } from '../../published/missing-program.ts'
import { type RelyingParty, relyingParty } from '../../published/relying-party.ts'
import { certificatesIn, deployEst, type EstPlace, estApp } from './est-place.ts'

const missing = missingProgram('pki', 'openssl', 'curl')
if (missing !== undefined) process.stdout.write(`EST with clients of others: ${missing}\n`)

describe('EST with clients of others', { skip: missing }, () => {
  let est: EstPlace
  let party: RelyingParty
  let url: string
  before(async () => {
    party = relyingParty({})
    // A factory, whose devices come with a certificate.
    await run(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout factory.key -out factory.pem -subj /CN=Factory -days 30',
    )
    est = await deployEst({
      apps: estApp(`, clientCaFile: '${party.directory}/factory.pem'`),
    })
    url = est.authority.addresses.device.replace('127.0.0.1', 'localhost')
    party.file('service-root.pem', est.caPem)
    // It knows no constraints on addresses, which our CAs have, and refuses them as unknown.
    party.file('strongswan.conf', 'libstrongswan { x509 { enforce_critical = no } }')
  })
  after(async () => {
    await est.close()
    party.close()
  })

  /** Runs a command line there; what it says. */
  async function run(command: string, line: string): Promise<string> {
    const { ok, text } = await party.run(command, ...line.split(' '))
    assert.ok(ok, `${command} ${line}\n${text}`)
    return text
  }

  it('openssl reads the CAs and the certificate that curl brings', async () => {
    await run(
      'curl',
      `-sf --cacert service-root.pem ${url}/.well-known/est/wallet/cacerts -o cas.b64`,
    )
    await run('openssl', 'base64 -d -A -in cas.b64 -out cas.p7')
    const printed = await run('openssl', 'pkcs7 -inform DER -in cas.p7 -print_certs -out cas.pem')
    assert.equal(printed, '')
    assert.match(await run('openssl', 'asn1parse -inform DER -in cas.p7'), /pkcs7-signedData/)

    await run(
      'openssl',
      'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout curl.key -subj /CN=anything -outform DER -out curl.csr',
    )
    await run('openssl', 'base64 -in curl.csr -out curl.b64')
    const enroll = `${url}/.well-known/est/wallet/simpleenroll`
    await run(
      'curl',
      `-sf --cacert service-root.pem --user device:${await est.token()} -H Content-Type:application/pkcs10 --data-binary @curl.b64 ${enroll} -o issued.b64`,
    )
    await run('openssl', 'base64 -d -A -in issued.b64 -out issued.p7')
    await run('openssl', 'pkcs7 -inform DER -in issued.p7 -print_certs -out issued.pem')
    assert.match(await run('openssl', 'verify -purpose sslclient -CAfile cas.pem issued.pem'), /OK/)

    // And again with what it was given.
    const reenroll = `${url}/.well-known/est/wallet/simplereenroll`
    await run(
      'curl',
      `-sf --cacert service-root.pem --cert issued.pem --key curl.key -H Content-Type:application/pkcs10 --data-binary @curl.b64 ${reenroll} -o renewed.b64`,
    )
    await run('openssl', 'base64 -d -A -in renewed.b64 -out renewed.p7')
    await run('openssl', 'pkcs7 -inform DER -in renewed.p7 -print_certs -out renewed.pem')
    assert.notDeepEqual(party.read('renewed.pem'), party.read('issued.pem'))

    // What it should ask for: an EC key or an RSA key.
    await run(
      'curl',
      `-sf --cacert service-root.pem ${url}/.well-known/est/wallet/csrattrs -o attributes.b64`,
    )
    await run('openssl', 'base64 -d -A -in attributes.b64 -out attributes.der')
    const attributes = await run('openssl', 'asn1parse -inform DER -in attributes.der')
    assert.match(attributes, /id-ecPublicKey[^]*prime256v1[^]*rsaEncryption/)
  })

  it('curl with the certificate of a listed CA', async () => {
    await run(
      'openssl',
      'req -x509 -CA factory.pem -CAkey factory.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout born.key -out born.pem -subj /CN=SN-1 -days 30 -addext basicConstraints=critical,CA:FALSE',
    )
    await run(
      'openssl',
      'req -new -newkey rsa:2048 -nodes -keyout device.key -subj /CN=anything -out device.csr',
    )
    const line = `-s --cacert service-root.pem --data-binary @device.csr ${url}/.well-known/est/wallet/simpleenroll`
    await run('curl', `${line} -f --cert born.pem --key born.key -o vouched.b64`)
    // Of another CA: no.
    await run(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj /CN=Factory -days 30',
    )
    const refused = await run('curl', `${line} --cert other.pem --key other.key -w %{http_code}`)
    assert.match(refused, /enrollment_token_required.*401$/)
  })

  it("strongSwan's pki enrols by --est and renews, and fetches CAs by --estca", async () => {
    await run(
      'pki',
      `--estca --url ${url} --cacert service-root.pem --caout ca.pem --outform pem --force`,
    )
    assert.match(party.read('ca.pem').toString('latin1'), /BEGIN CERTIFICATE/)
    // It keeps the root alone; the CA that issues is in the answer beside it.
    await run('curl', `-sf --cacert service-root.pem ${url}/.well-known/est/cacerts -o all.b64`)
    const [issuing] = certificatesIn(
      Buffer.from(party.read('all.b64').toString('latin1'), 'base64'),
    )
    party.file('issuing.pem', toPem('CERTIFICATE', issuing?.der ?? new Uint8Array()))
    // Each place that a label can be: strongSwan puts the path before `.well-known`.
    for (const at of [url, `${url}/est/wallet`]) {
      await run('openssl', 'genrsa -out swan.key 2048')
      party.file('swan.csr', await out('pki', '--req --in swan.key --type rsa --dn CN=swan'))
      const enrolled = await out(
        'pki',
        `--est --url ${at} --in swan.csr --cacert service-root.pem --cacert ca.pem --cacert issuing.pem --userpass device:${await est.token()}`,
      )
      const { der } = parseCertificate(enrolled)
      party.file('swan.der', der)
      party.file('swan.pem', toPem('CERTIFICATE', der))
      await run('openssl', 'genrsa -out swan2.key 2048')
      party.file('swan2.csr', await out('pki', '--req --in swan2.key --type rsa --dn CN=swan'))
      const renewed = await out(
        'pki',
        `--est --url ${at} --in swan2.csr --cacert service-root.pem --cacert ca.pem --cacert issuing.pem --cert swan.der --key swan.key`,
      )
      assert.equal(parseCertificate(renewed).uris[0], parseCertificate(enrolled).uris[0])
    }
  })

  /** What a command writes to its output, as bytes. */
  async function out(command: string, line: string): Promise<Buffer> {
    const answer = await party.run(
      'sh',
      '-c',
      `STRONGSWAN_CONF=strongswan.conf ${command} ${line} > out.bin`,
    )
    assert.ok(answer.ok, `${command} ${line}\n${answer.text}`)
    return party.read('out.bin')
  }
})
