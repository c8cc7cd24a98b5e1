// The description that an authority gives of its APIs: asked of one that is made for it and forgotten.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { authoritySections, initializeAuthority, startAuthority } from '@sallyport/authority'
import { composeSchema, parseConfig } from '@sallyport/config'
import pino from 'pino'

const trustDomain = 'example.com'
const passphrase = 'of an authority that nobody keeps'

/** The OpenAPI document of all APIs, its version left out: it changes with what is described alone. */
export async function openApiDocument() {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-openapi-'))
  try {
    const { config, adminToken, ca } = await layOut(directory)
    const environment = { SALLYPORT_PASSPHRASE: passphrase }
    const log = pino({ level: 'silent' })
    const authority = await startAuthority(config, { log, directory, version: '', environment })
    try {
      return await ask(`${authority.addresses.admin}/admin/v1/openapi.json`, { ca, adminToken })
    } finally {
      await authority.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function layOut(directory) {
  const config = readConfiguration(directory)
  const initialized = await initializeAuthority({
    trustDomain,
    apps: config.apps,
    keysDirectory: join(directory, 'keys'),
    passphrase,
    store: { path: join(directory, 'sallyport.db') },
    now: Date.now(),
    firstToken: 'lasting',
    scryptCost: { N: 2 ** 14, r: 8, p: 1 },
  })
  const server = await initialized.makeServerIdentity(['127.0.0.1'])
  await initialized.close()
  writeFileSync(join(directory, 'server.crt'), server.certificatePem)
  writeFileSync(join(directory, 'server.key'), server.privateKeyPem, { mode: 0o600 })
  return { config, adminToken: initialized.adminToken, ca: initialized.serviceRootPem }
}

function readConfiguration(directory) {
  const tls = "listen: '127.0.0.1:0', certificateFile: server.crt, keyFile: server.key"
  const text = `
version: 1
trustDomain: ${trustDomain}
store: { path: sallyport.db }
apps: { wallet: { enrollment: { enrollmentToken: required } } }
attestation: { android: { rootsUrl: off, statusListUrl: off, whenTooOld: allow } }
authority:
  keys: { directory: keys }
  listeners: { device: { ${tls} }, admin: { ${tls} }, operations: { listen: '127.0.0.1:0' } }
`
  const schema = composeSchema([
    { key: 'trustDomain', schema: { type: 'string' } },
    ...authoritySections,
  ])
  return parseConfig(join(directory, 'sallyport.yaml'), text, schema).value
}

async function ask(url, { ca, adminToken }) {
  const headers = { authorization: `Bearer ${adminToken}` }
  const [response] = await once(request(url, { ca, headers, agent: false }).end(), 'response')
  const document = await json(response)
  if (response.statusCode !== 200) throw new Error(JSON.stringify(document))
  return document
}
