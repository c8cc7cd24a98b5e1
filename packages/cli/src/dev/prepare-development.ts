import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { certificatesFromPem, fileKeyProvider } from '@sallyport/pki'
import {
  ensureGatewayCertificate,
  ensureServerCertificate,
  type ServiceIssuer,
} from '../certificates/certificate-files.ts'
import { feedKeysText } from '../certificates/feed-keys.ts'
import { writeServiceIdentity } from '../certificates/service-identity.ts'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import { randomPassphrase, randomPassphraseCost } from '../init/passphrase.ts'
import { choosePorts, usualGatewayPort } from './choose-ports.ts'
import {
  developmentApp,
  developmentConfig,
  developmentDomain,
  type Ports,
  readPorts,
  withPorts,
} from './development-config.ts'
import type { Layout } from './layout.ts'
import { awaitFree } from './ports.ts'

/** The gateway's name in its certificate and in the configuration. */
const gatewayName = 'gateway-1'

const dayMs = 24 * 3_600_000

export type PrepareOptions = {
  layout: Layout
  /** The gateway's port that was asked for. */
  port: number | undefined
  /** Names in the server certificate beside those of this machine. */
  names: readonly string[]
  /** Whether processes of an earlier start may still be ending. */
  wasAbandoned: boolean
  now: () => number
  say: (text: string) => void
}

/** Everything that must be there before a process can start; what is there already is kept. */
export async function prepareDevelopment(options: PrepareOptions): Promise<Ports> {
  const { layout, now, say } = options
  const last = readPorts(layout.configFile)
  if (options.wasAbandoned && last !== undefined) await awaitFree(Object.values(last))
  const ports = await choosePorts(last, options.port)
  const wished = last?.gateway ?? usualGatewayPort
  if (options.port === undefined && ports.gateway !== wished) {
    say(`Port ${wished} is taken: the gateway listens on ${ports.gateway} from now on`)
  }
  if (isInitialized(layout)) await renewAdminToken(layout, now)
  else await initialize(layout, now, say)
  await writeConfig(layout, ports)
  await renewCertificates(options)
  return ports
}

/** A start that was interrupted in the middle is begun anew: nothing in it was used yet. */
function isInitialized(layout: Layout): boolean {
  if (existsSync(layout.adminTokenFile) && existsSync(layout.store)) return true
  if (existsSync(unfinishedMark(layout))) {
    for (const part of ['state', 'certificates', 'device']) {
      rmSync(path.join(layout.directory, part), { recursive: true, force: true })
    }
  }
  return false
}

function unfinishedMark(layout: Layout): string {
  return path.join(layout.directory, 'state', 'unfinished')
}

async function initialize(
  layout: Layout,
  now: () => number,
  say: PrepareOptions['say'],
): Promise<void> {
  say('Making keys and CAs, once')
  mkdirSync(path.dirname(layout.store), { recursive: true, mode: 0o700 })
  const mark = unfinishedMark(layout)
  writeFileSync(mark, '')
  const passphrase = randomPassphrase()
  writeFileAtomically(layout.passphraseFile, `${passphrase}\n`, modes.secret)
  const { initializeAuthority } = await import('@sallyport/authority')
  const authority = await initializeAuthority({
    trustDomain: developmentDomain,
    apps: { [developmentApp]: { insecureDevelopmentDevices: true } },
    keysDirectory: layout.keysDirectory,
    passphrase,
    store: { path: layout.store },
    now: now(),
    firstToken: 'lasting',
    scryptCost: randomPassphraseCost,
  })
  try {
    writeFileAtomically(layout.caFile, authority.serviceRootPem)
    writeFileAtomically(layout.feedKeysFile, feedKeysText(authority.feedKeys))
    writeFileAtomically(layout.developmentRootFile, authority.developmentRootPem ?? '')
    writeServiceIdentity(layout.gatewayIdentity, await authority.makeGatewayIdentity(gatewayName))
    // Last: its being there means that everything before it is.
    writeFileAtomically(layout.adminTokenFile, `${authority.adminToken}\n`, modes.secret)
  } finally {
    await authority.close()
  }
  rmSync(mark)
}

/** The token of a folder that is a month old has ended: each day of use puts a new one in its place. */
async function renewAdminToken(
  { adminTokenFile, store }: Layout,
  now: () => number,
): Promise<void> {
  if (now() - statSync(adminTokenFile).mtimeMs < dayMs) return
  const { createTokenOnHost } = await import('@sallyport/authority')
  const order = { label: 'development', role: 'admin', by: 'dev', now: now() } as const
  const { token } = await createTokenOnHost({ ...order, store: { path: store } })
  writeFileAtomically(adminTokenFile, `${token}\n`, modes.secret)
}

/** The file is written once, and later only its ports are changed, where one was taken. */
async function writeConfig(layout: Layout, ports: Ports): Promise<void> {
  const { editorSchema } = await import('../configuration/schema.ts')
  writeFileAtomically(layout.schemaFile, `${JSON.stringify(editorSchema(), undefined, 2)}\n`)
  if (!existsSync(layout.configFile)) {
    writeFileAtomically(layout.configFile, developmentConfig(layout, ports))
    return
  }
  const text = readFileSync(layout.configFile, 'utf8')
  const changed = withPorts(text, ports)
  if (changed !== text) writeFileAtomically(layout.configFile, changed)
}

async function renewCertificates({ layout, names, now, say }: PrepareOptions): Promise<void> {
  const [root] = certificatesFromPem(readFileSync(layout.caFile, 'utf8'))
  if (root === undefined) throw new TypeError('A PEM text without certificate is refused before')
  const keys = fileKeyProvider({
    directory: layout.keysDirectory,
    passphrase: async () => readFileSync(layout.passphraseFile, 'utf8').trim(),
  })
  const service: ServiceIssuer = {
    root,
    open: async () => ({ certificate: root, key: await keys.open('service-root') }),
  }
  const serverNames = ['localhost', '127.0.0.1', '::1', ...names]
  if (await ensureServerCertificate(layout.server, serverNames, service, now())) {
    say(`Made a server certificate for ${serverNames.join(', ')}`)
  }
  const identity = { trustDomain: developmentDomain, name: gatewayName }
  if (await ensureGatewayCertificate(layout.gatewayIdentity, identity, service, now())) {
    say(`Made the certificate of ${gatewayName} anew`)
  }
}
