import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { initializeAuthority } from '@sallyport/authority'
import {
  defaultAndroidPhone,
  type DevelopmentRoot,
  makeDevelopmentRoot,
} from '@sallyport/virtual-device'
import { freePort } from '../process/free-port.ts'
import { type ServerProcess, startServer } from '../process/server-process.ts'
import { sallyportCommand } from '../site/prepare-site.ts'

const trustDomain = 'example.com'
const passphrase = 'of an authority that is measured and forgotten'

/** An authority as `sallyport serve` runs it, authority and signer each in a process of its own. */
export type AuthoritySite = {
  readonly directory: string
  /** Origins. */
  readonly device: string
  /** Where phones call with their certificates. */
  readonly mtls: string
  readonly admin: string
  readonly status: string
  readonly caPem: string
  readonly adminToken: string
  readonly databaseFile: string
  /** What virtual phones are attested under. */
  readonly attestationRoot: DevelopmentRoot
  start(): Promise<ServerProcess>
  remove(): void
}

/** The two apps are alike but for who is told of what ended. */
export const apps = { feed: 'wallet', published: 'bank' } as const

/**
 * Lays out keys, store and configuration in a folder of its own. Everything written is durable, as users have it.
 *
 * @param protocols by which the app `apps.feed` enrols as well, YAML
 */
export async function layOutAuthority(protocols = '{}'): Promise<AuthoritySite> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-authority-'))
  const file = (name: string) => path.join(directory, name)
  const ports = {
    device: await freePort(),
    mtls: await freePort(),
    admin: await freePort(),
    operations: await freePort(),
    status: await freePort(),
  }
  const initialized = await initializeAuthority({
    trustDomain,
    apps: Object.fromEntries(
      Object.values(apps).map((appId) => [appId, { insecureDevelopmentDevices: true }]),
    ),
    keysDirectory: file('keys'),
    passphrase,
    store: { path: file('sallyport.db') },
    now: Date.now(),
    scryptCost: { N: 2 ** 14, r: 8, p: 1 },
    firstToken: 'lasting',
  })
  const server = await initialized.makeServerIdentity(['127.0.0.1'])
  await initialized.close()
  const attestationRoot = makeDevelopmentRoot()
  writeFileSync(file('server.crt'), server.certificatePem)
  writeFileSync(file('server.key'), server.privateKeyPem, { mode: 0o600 })
  writeFileSync(file('attestation-root.pem'), attestationRoot.pem)
  writeFileSync(file('passphrase'), passphrase, { mode: 0o600 })
  writeFileSync(file('sallyport.yaml'), configuration(ports, protocols))
  const name = 'authority'
  const command = [
    process.execPath,
    sallyportCommand,
    'serve',
    '--config',
    file('sallyport.yaml'),
  ] as const
  return {
    directory,
    device: `https://127.0.0.1:${ports.device}`,
    mtls: `https://127.0.0.1:${ports.mtls}`,
    admin: `https://127.0.0.1:${ports.admin}`,
    status: `http://127.0.0.1:${ports.status}`,
    caPem: initialized.serviceRootPem,
    adminToken: initialized.adminToken,
    databaseFile: file('sallyport.db'),
    attestationRoot,
    start: () => startServer({ name, command: [...command], directory, port: ports.operations }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function configuration(
  ports: Readonly<Record<'device' | 'mtls' | 'admin' | 'operations' | 'status', number>>,
  protocols: string,
) {
  const tls = (port: number, more = '') =>
    `{ listen: '127.0.0.1:${port}', certificateFile: server.crt, keyFile: server.key${more} }`
  const app = (appId: string, certificate: string) => `
  ${appId}:
    insecureDevelopmentDevices: true
    android:
      packages: [${defaultAndroidPhone.packageName}]
      signerDigests: ['${defaultAndroidPhone.signerDigest}']
    enrollment:
      evidence: [android-key]
      limits: { perAddressPerHour: 1000000, perBatchPerDay: { remote: 1000000, factory: 1000000 } }
    certificate: { ${certificate} }`
  return `version: 1
trustDomain: ${trustDomain}
store: { path: sallyport.db }
apps:${app(apps.feed, 'lifetimeDays: 7')}
    protocols: ${protocols}${app(apps.published, 'lifetimeDays: 7, revocation: published')}
attestation:
  android: { rootsUrl: off, statusListUrl: off, whenTooOld: allow }
  insecureDevelopmentRoots: [attestation-root.pem]
authority:
  keys: { directory: keys, passphraseFile: passphrase }
  admin: { insecureSinglePerson: true }
  status: { url: 'http://127.0.0.1:${ports.status}', shards: 1 }
  listeners:
    device: ${tls(ports.device)}
    mtls: ${tls(ports.mtls, `, url: 'https://127.0.0.1:${ports.mtls}'`)}
    admin: ${tls(ports.admin)}
    operations: { listen: '127.0.0.1:${ports.operations}' }
    status: { listen: '127.0.0.1:${ports.status}' }
`
}
