import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { certificatesFromPem, parseCertificate, toPem } from '@sallyport/pki'
import { missingProgram } from '../../published/missing-program.ts'
import { type RelyingParty, relyingParty } from '../../published/relying-party.ts'
import { deployScep, scepApp, type ScepPlace } from './scep-place.ts'

const missing = missingProgram('pki', 'scepclient', 'openssl', 'curl')
if (missing !== undefined) process.stdout.write(`SCEP with clients of others: ${missing}\n`)

describe('SCEP with clients of others', { skip: missing }, () => {
  let scep: ScepPlace
  let party: RelyingParty
  let url: string
  before(async () => {
    party = relyingParty({})
    scep = await deployScep({
      apps: `${scepApp('', '', ', revocation: published')}${scepApp(', insecureSha1: true, insecureDes: true').replaceAll('wallet', 'kiosk').slice(1)}`,
    })
    url = `${scep.url}/scep/wallet`
    // It knows no constraints on addresses, which our CAs have, and refuses them as unknown.
    party.file('strongswan.conf', 'libstrongswan { x509 { enforce_critical = no } }')
  })
  after(async () => {
    await scep.close()
    party.close()
  })

  /** Runs a command line there; what it says. */
  async function run(command: string, line: string): Promise<string> {
    const answer = await party.run('sh', '-c', `STRONGSWAN_CONF=strongswan.conf ${command} ${line}`)
    assert.ok(answer.ok, `${command} ${line}\n${answer.text}`)
    return answer.text
  }

  async function fetchCas(app: string, name: string): Promise<void> {
    await run('curl', `-sf '${scep.url}/scep/${app}?operation=GetCACert' -o ${name}.p7`)
    await run('openssl', `pkcs7 -inform DER -in ${name}.p7 -print_certs -out ${name}.pem`)
    const [ra, issuing, root] = certificatesFromPem(party.read(`${name}.pem`).toString('latin1'))
    for (const [part, certificate] of Object.entries({ ra, issuing, root })) {
      party.file(`${name}-${part}.pem`, toPem('CERTIFICATE', certificate?.der ?? Buffer.alloc(0)))
    }
  }

  it('openssl reads the certificates, and finds the registration authority in order', async () => {
    await fetchCas('wallet', 'wallet')
    const verified = await run(
      'openssl',
      'verify -CAfile wallet-root.pem -untrusted wallet-issuing.pem wallet-ra.pem',
    )
    assert.match(verified, /OK/)
    // No server takes it for a client.
    const line =
      'verify -purpose sslclient -CAfile wallet-root.pem -untrusted wallet-issuing.pem wallet-ra.pem'
    assert.equal((await party.run('openssl', ...line.split(' '))).ok, false)
  })

  it("strongSwan's pki fetches by --scepca, enrols by --scep, and renews", async () => {
    await run(
      'pki',
      `--scepca --url ${url} --caout swan-ca.pem --raout swan-ra.pem --outform pem --force`,
    )
    const [ra] = certificatesFromPem(party.read('swan-ra.pem').toString('latin1'))
    assert.equal(ra?.thumbprint, (await scep.ra()).thumbprint)
    const cas = '--cacert-enc swan-ra.pem --cacert-sig swan-ca.pem --cacert wallet-issuing.pem'
    await run('openssl', 'genrsa -out swan.key 2048')
    await run(
      'pki',
      `--scep --url ${url} --in swan.key --dn CN=swan --password ${await scep.token()} ${cas} > swan.der`,
    )
    const enrolled = parseCertificate(party.read('swan.der'))
    await run('openssl', 'genrsa -out swan2.key 2048')
    await run(
      'pki',
      `--scep --url ${url} --in swan2.key --dn CN=swan ${cas} --cert swan.der --key swan.key > swan2.der`,
    )
    const renewed = parseCertificate(party.read('swan2.der'))
    assert.equal(renewed.uris[0], enrolled.uris[0])
    assert.notEqual(renewed.spkiSha256, enrolled.spkiSha256)
    const refused = await party.run(
      'sh',
      '-c',
      `STRONGSWAN_CONF=strongswan.conf pki --scep --url ${url} --in swan2.key --dn CN=x --password wrong ${cas} > no.der`,
    )
    assert.equal(refused.ok, false)
  })

  it("micromdm's scepclient enrols and renews where SHA-1 and DES are let pass, and nowhere else", async () => {
    const enroll = async (app: string, more: string) => {
      await fetchCas(app, app)
      const [ra] = certificatesFromPem(party.read(`${app}-ra.pem`).toString('latin1'))
      const fingerprint = createHash('sha256')
        .update(ra?.der ?? '')
        .digest('hex')
      return `mkdir -p ${app} && scepclient -server-url ${scep.url}/scep/${app} -private-key ${app}/key.pem -certificate ${app}/cert.pem -cn mdm -ca-fingerprint ${fingerprint} ${more}`
    }
    await run('true', `&& ${await enroll('kiosk', `-challenge ${await scep.token('kiosk')}`)}`)
    const [enrolled] = certificatesFromPem(party.read('kiosk/cert.pem').toString('latin1'))
    await run('true', `&& ${await enroll('kiosk', '')}`)
    const [renewed] = certificatesFromPem(party.read('kiosk/cert.pem').toString('latin1'))
    assert.equal(renewed?.uris[0], enrolled?.uris[0])
    assert.notEqual(renewed?.thumbprint, enrolled?.thumbprint)
    const refused = await party.run(
      'sh',
      '-c',
      await enroll('wallet', `-challenge ${await scep.token()}`),
    )
    assert.equal(refused.ok, false)
    assert.match(refused.text, /400 Bad Request/)
  })
})
