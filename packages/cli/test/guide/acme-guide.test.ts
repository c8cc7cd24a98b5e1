import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { quietPort } from '@sallyport/virtual-device'
import { hasPrograms } from '../acceptance/program.ts'
import { blocksOf } from './guide.ts'
import { type GuideDeployment, guideDeployment } from './guide-deployment.ts'

const page = readFileSync(new URL('../../../../../docs/guide/acme.md', import.meta.url), 'utf8')
const [settings = ''] = blocksOf(page, 'yaml')
const [credential = '', lego = '', certbot = '', revocation = ''] = blocksOf(page, 'sh')

describe('the page about ACME, as it is written', { timeout: 240_000 }, () => {
  let deployment: GuideDeployment
  let port: number
  before(async () => {
    deployment = await guideDeployment()
    port = await quietPort()
    deployment.configure(settings)
    // In the place of port 80 of the name.
    const target = `insecureValidationTarget: '127.0.0.1:${port}'`
    deployment.configure(`apps: { wallet: { protocols: { acme: { ${target} } } } }`)
    const { directory } = deployment
    const at = (name: string) => path.join(directory, name)
    copyFileSync(at('certificates/service-ca.crt'), at('service-ca.crt'))
    await deployment.serve()
  })
  after(() => deployment.end())

  const run = (block: string) =>
    deployment.shell(
      block
        .replaceAll(
          'https://enroll.example.com:8443',
          `https://localhost:${deployment.ports.device}`,
        )
        .replace(' --http ', ` --http --http.port 127.0.0.1:${port} `)
        .replace(
          ' --standalone ',
          ` --standalone --http-01-address 127.0.0.1 --http-01-port ${port} --config-dir certbot --work-dir certbot/work --logs-dir certbot/logs --non-interactive `,
        ),
    )

  test('without the key of the service root a client is told to come again', async (t) => {
    if (!hasPrograms(t, 'lego')) return
    const key = path.join(deployment.directory, 'state/keys/service-root.key.json')
    renameSync(key, `${key}.offline`)
    await run(credential)
    await assert.rejects(
      run(lego),
      /503 .*serverInternal :: The key of the service root is not here/,
    )
    renameSync(`${key}.offline`, key)
  })

  test('lego and certbot obtain certificates of a server, and one is revoked', async (t) => {
    if (!hasPrograms(t, 'lego', 'certbot', 'openssl')) return
    await run(credential)
    assert.match(await run(lego), /billing\.internal\.example\.com\.crt: OK/)
    await run(certbot)
    const live = 'certbot/live/billing.internal.example.com/fullchain.pem'
    const [leaf] = certificatesFromPem(readFileSync(path.join(deployment.directory, live), 'utf8'))
    const listed = await run(revocation)
    assert.ok(leaf !== undefined && listed.includes(leaf.thumbprint))
    assert.match(listed, /The certificate of billing\.internal\.example\.com is revoked/)
  })
})
