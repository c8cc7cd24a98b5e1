import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { certificatesFromPem, parseCertificateList } from '@sallyport/pki'
import { missingProgram } from '../../published/missing-program.ts'
import { relyingParty, type RelyingParty } from '../../published/relying-party.ts'
import { type AcmeDeployment, deployAcme } from './acme-deployment.ts'

const minutes = 60_000

/** A client of ACME as people have it, and what its commands are here. */
type Client = {
  readonly program: string
  /** Arguments of each command. */
  readonly obtain: (facts: Facts) => string[]
  readonly renew: (facts: Facts) => string[]
  readonly revoke: (facts: Facts) => string[]
  readonly chain: (directory: string, name: string) => string
}

type Facts = {
  readonly url: string
  readonly name: string
  readonly directory: string
  readonly port: number
  readonly credential: { readonly id: string; readonly key: string }
}

/** Also commands that make no account want the credential. */
const legoBase = ({ url, name, directory, port, credential }: Facts) => [
  '--server',
  url,
  '--email',
  'ops@example.com',
  '--accept-tos',
  '--path',
  directory,
  '--domains',
  name,
  '--http',
  '--http.port',
  `127.0.0.1:${port}`,
  '--eab',
  '--kid',
  credential.id,
  '--hmac',
  credential.key,
]
const certbotBase = ({ url, directory }: Facts) => [
  '--server',
  url,
  '--non-interactive',
  '--config-dir',
  directory,
  '--work-dir',
  `${directory}/work`,
  '--logs-dir',
  `${directory}/logs`,
]
const certbotHttp = ({ port }: Facts) => [
  '--standalone',
  '--http-01-address',
  '127.0.0.1',
  '--http-01-port',
  String(port),
]

const clients: readonly Client[] = [
  {
    program: 'lego',
    obtain: (facts) => [...legoBase(facts), 'run'],
    renew: (facts) => [...legoBase(facts), 'renew', '--days', '300', '--no-random-sleep'],
    revoke: (facts) => [...legoBase(facts), 'revoke', '--keep'],
    chain: (directory, name) => path.join(directory, 'certificates', `${name}.crt`),
  },
  {
    program: 'certbot',
    obtain: (facts) => {
      const { id, key } = facts.credential
      return [
        'certonly',
        ...certbotBase(facts),
        ...certbotHttp(facts),
        '--email',
        'ops@example.com',
        '--no-eff-email',
        '--agree-tos',
        '--eab-kid',
        id,
        '--eab-hmac-key',
        key,
        '-d',
        facts.name,
      ]
    },
    renew: (facts) => [
      'renew',
      ...certbotBase(facts),
      ...certbotHttp(facts),
      '--force-renewal',
      '--no-random-sleep-on-renew',
    ],
    revoke: (facts) => [
      'revoke',
      ...certbotBase(facts),
      '--cert-name',
      facts.name,
      '--reason',
      'superseded',
      '--no-delete-after-revoke',
    ],
    chain: (directory, name) => path.join(directory, 'live', name, 'fullchain.pem'),
  },
]

describe('clients that people have', () => {
  let deployment: AcmeDeployment
  let party: RelyingParty
  before(async () => {
    deployment = await deployAcme()
    party = relyingParty({})
    party.file('service-root.pem', deployment.caPem)
  })
  after(async () => {
    party.close()
    await deployment.close()
  })

  for (const client of clients) {
    const { program } = client
    const options = { skip: missingProgram(program, 'openssl'), timeout: 3 * minutes }
    it(`${program} obtains, renews and revokes the certificate of a server`, options, async () => {
      const { statusUrl } = deployment
      const name = `${program}.example.internal`
      const directory = path.join(party.directory, program)
      const facts = {
        name,
        directory,
        url: deployment.directoryUrl,
        port: deployment.validationPort,
        credential: await deployment.newCredential(),
      }
      const ca = path.join(party.directory, 'service-root.pem')
      const run = async (args: string[]) => {
        const environment = [`LEGO_CA_CERTIFICATES=${ca}`, `REQUESTS_CA_BUNDLE=${ca}`]
        const answer = await party.run('env', ...environment, program, ...args)
        assert.ok(answer.ok, answer.text)
      }
      const read = () => certificatesFromPem(readFileSync(client.chain(directory, name), 'utf8'))
      const ocsp = async () => {
        const chain = client.chain(directory, name)
        const asked = ['-issuer', ca, '-CAfile', ca, '-cert', chain, '-url', `${statusUrl}/ocsp`]
        return (await party.run('openssl', 'ocsp', ...asked, '-no_nonce')).text
      }

      await run(client.obtain(facts))
      const chain = client.chain(directory, name)
      const asked = ['verify', '-CAfile', ca, '-purpose', 'sslserver', '-verify_hostname', name]
      const verified = await party.run('openssl', ...asked, chain)
      assert.ok(verified.ok, verified.text)
      assert.match(await ocsp(), /: good/)
      const [first, root] = read()
      assert.equal(root?.thumbprint, certificatesFromPem(deployment.caPem)[0]?.thumbprint)
      await run(client.renew(facts))
      const [second] = read()
      assert.notEqual(second?.serial, first?.serial)
      await run(client.revoke(facts))

      assert.match(await ocsp(), /: revoked/)
      const isListed = async () => {
        const answer = await fetch(`${statusUrl}/crl/${root?.spkiSha256}.crl`)
        const list = parseCertificateList(new Uint8Array(await answer.arrayBuffer()))
        return list.revoked.has(second?.serial ?? '')
      }
      const until = Date.now() + 60_000
      while (!(await isListed())) assert.ok(Date.now() < until, 'on the list within 15 s')
    })
  }
})
