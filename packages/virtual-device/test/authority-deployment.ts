import { writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  type AuthorityConfig,
  authoritySections,
  initializeAuthority,
  passphraseVariable,
  startAuthority,
} from '@sallyport/authority'
import { composeSchema, parseConfig } from '@sallyport/config'
import pino from 'pino'
import Type from 'typebox'
import {
  createVirtualDevice,
  defaultAndroidPhone,
  defaultIosPhone,
  type DevelopmentRoot,
  makeDevelopmentRoot,
  makePlayConsole,
  type PlayConsole,
  type VirtualDevice,
  type VirtualDeviceOptions,
} from '../src/index.ts'
import { scratchDirectory } from './scratch-directory.ts'
import { layTables, storeConfig, storeIn } from './store-place.ts'

export const dayMs = 24 * 3_600_000

const passphrase = 'a passphrase for tests'

/** A real authority over a real store, with a clock that can be moved forward. */
export type AuthorityDeployment = {
  /** Its directory, with `server.*` for localhost and *.example.com, and `gateway.*` of gateway-1. */
  readonly directory: string
  readonly url: string
  readonly adminUrl: string
  readonly caFile: string
  readonly developmentRootPem: string
  /** What evidence of virtual phones ends at. */
  readonly attestationRoot: DevelopmentRoot
  /** What Play Integrity tokens of the app `signalled` are made with. */
  readonly playConsole: PlayConsole
  /** How far the authority's clock is ahead of the real one. */
  clock: { offsetMs: number }
  /** With an admin token that ends after thirty days of the authority's clock: rejects where the answer is a refusal. */
  admin(method: string, path: string, body?: unknown): Promise<AdminAnswer>
  /** A device of the app `wallet`, in a directory of its own unless one is given. */
  device(options?: Partial<VirtualDeviceOptions>): VirtualDevice
  scratch(): string
}

// Admin answers are looked into by name; their schemas are the authority's to test.
type AdminAnswer = { status: number; body: { [name: string]: unknown } }

const [teamId = '', ...bundle] = defaultIosPhone.appId.split('.')
/** The app of virtual phones, as strict as its defaults. */
const android = `
    insecureDevelopmentDevices: true
    android:
      packages: [${defaultAndroidPhone.packageName}]
      signerDigests: [${defaultAndroidPhone.signerDigest}]`
const phones = `${android}
      minimumOsPatchLevel: 2025-01
    apple: { teamId: ${teamId}, bundleIds: [${bundle.join('.')}] }
    enrollment:
      evidence: [android-key, apple-app-attest]
      limits: { failuresPerAddressPerHour: 1000 }
`

const signalled = `${android}
      playIntegrity: { decryptionKeyFile: play-decryption, verificationKeyFile: play-verification }
    enrollment: { evidence: [android-key], signals: [play-integrity] }
`

const apps = `
  phones:${phones}
  managed:
    insecureDevelopmentDevices: true
    apple: { managedDevices: { serialNumbers: [${defaultIosPhone.serialNumber}], minimumOsVersion: '26.0' } }
    attestation: { minimumAssurance: secure-enclave }
    enrollment: { evidence: [apple-mda] }
  signalled:${signalled}
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
  brief:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    certificate: { lifetimeDays: 0.00003, overlapMinutes: 0 }
  guarded:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required }
  invited:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], enrollmentToken: required }
`

export async function deployAuthority(t: Pick<TestContext, 'after'>): Promise<AuthorityDeployment> {
  const directory = scratchDirectory(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 })
    return join(directory, name)
  }
  const attestationRoot = makeDevelopmentRoot()
  file('attestation-root.crt', attestationRoot.pem)
  const playConsole = makePlayConsole()
  file('play-decryption', playConsole.decryptionKey)
  file('play-verification', playConsole.verificationKey)
  const config = readConfig(directory)
  const store = storeIn(directory)
  await layTables(store)
  const initialized = await initializeAuthority({
    firstToken: 'lasting',
    trustDomain: 'example.com',
    apps: config.apps,
    keysDirectory: join(directory, 'keys'),
    passphrase,
    store,
    now: Date.now(),
    scryptCost: { N: 2 ** 14, r: 8, p: 1 },
  })
  const server = await initialized.makeServerIdentity(['localhost', '*.example.com'])
  const gateway = await initialized.makeGatewayIdentity('gateway-1')
  await initialized.close()
  file('gateway.crt', gateway.certificatePem)
  file('gateway.key', gateway.privateKeyPem)
  file('server.crt', server.certificatePem)
  file('server.key', server.privateKeyPem)
  const caFile = file('ca.pem', initialized.serviceRootPem)

  const clock = { offsetMs: 0 }
  const authority = await startAuthority(config, {
    log: pino({ level: 'silent' }),
    directory,
    version: '0.0.0-test',
    environment: { [passphraseVariable]: passphrase },
    now: () => Date.now() + clock.offsetMs,
  })
  const devices: VirtualDevice[] = []
  t.after(async () => {
    for (const device of devices) await device.close()
    await authority.close()
  })
  const localhost = (address: string) => address.replace('127.0.0.1', 'localhost')
  const url = localhost(authority.addresses.device)
  const adminUrl = localhost(authority.addresses.admin)
  return {
    directory,
    url,
    adminUrl,
    caFile,
    developmentRootPem: initialized.developmentRootPem ?? '',
    attestationRoot,
    playConsole,
    clock,
    admin: async (method, path, body) => {
      const authorization = `Bearer ${initialized.adminToken}`
      const ca = initialized.serviceRootPem
      const answer = await askAdmin(`${adminUrl}/admin/v1${path}`, {
        method,
        ca,
        authorization,
        body,
      })
      if (answer.status >= 400) {
        throw new Error(`${method} ${path}: ${answer.status} ${String(answer.body['code'])}`)
      }
      return answer
    },
    device: (options = {}) => {
      const device = createVirtualDevice({
        directory: join(scratchDirectory(t), 'device'),
        authorityUrl: url,
        gatewayUrl: url,
        caFile,
        appId: 'wallet',
        now: () => Date.now() + clock.offsetMs,
        random: () => 0,
        ...options,
      })
      devices.push(device)
      return device
    },
    scratch: () => scratchDirectory(t),
  }
}

/** One for all deployments of a file: the first of them compiles it. */
const schema = composeSchema([{ key: 'trustDomain', schema: Type.String() }, ...authoritySections])

function readConfig(directory: string): AuthorityConfig {
  const text = `
version: 1
trustDomain: example.com
store: ${JSON.stringify(storeConfig(directory))}
apps:${apps}
attestation:
  android: { rootsUrl: off, statusListUrl: off, whenTooOld: allow }
  insecureDevelopmentRoots: [attestation-root.crt]
authority:
  keys: { directory: keys }
  admin: { insecureSinglePerson: true }
  listeners:
    device: { listen: '127.0.0.1:0', certificateFile: server.crt, keyFile: server.key }
    admin: { listen: '127.0.0.1:0', certificateFile: server.crt, keyFile: server.key }
    operations: { listen: '127.0.0.1:0' }
`
  return parseConfig<AuthorityConfig>(join(directory, 'sallyport.yaml'), text, schema).value
}

async function askAdmin(
  url: string,
  options: { method: string; ca: string; authorization: string; body: unknown },
): Promise<AdminAnswer> {
  const { method, ca, authorization, body } = options
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    authorization,
    ...(text === undefined ? {} : { 'content-type': 'application/json' }),
  }
  return await new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method, ca, headers, agent: false }, (response) => {
      response.setEncoding('utf8')
      let received = ''
      response.on('data', (chunk: string) => (received += chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: received === '' ? {} : (JSON.parse(received) as AdminAnswer['body']),
        }),
      )
    })
    request.on('error', reject)
    request.end(text)
  })
}
