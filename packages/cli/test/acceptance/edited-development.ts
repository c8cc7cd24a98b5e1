import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createVirtualDevice, quietPorts, type VirtualDevice } from '@sallyport/virtual-device'
import { parse, stringify } from 'yaml'
import { attestedPhone } from '../../src/dev/attested-phone.ts'
import { withPorts } from '../../src/dev/development-config.ts'
import type { DevelopmentFacts } from '../../src/dev/guidance.ts'
import { developmentLayout } from '../../src/dev/layout.ts'
import { prepareDevelopment } from '../../src/dev/prepare-development.ts'
import { samplePath } from '../../src/dev/sample-service.ts'
import { type Development, newFolder, startDev } from '../sallyport.ts'

/** What these tests edit in the file that `sallyport dev` writes. */
export type EditedFile = {
  authority: {
    listeners: {
      device: { listen: string; certificateFile: string; keyFile: string }
      mtls?: { listen: string; url: string; certificateFile: string; keyFile: string }
      operations: { listen: string }
    }
  }
  gateway: {
    name: string
    listen: string[]
    workers: number
    stateDirectory: string
    insecureDevelopmentDevices?: boolean
    ticketSecretFile?: string
    tls?: { minVersion: string }
    authority: { certificateFile: string; keyFile: string }
    operations: { listen: string }
    hosts: Record<string, EditedHost>
    limits?: Record<string, number>
    upstreams: Record<string, { targets: string[]; timeouts?: Record<string, number> }>
  }
}

export type EditedHost = {
  clientCertificate: string
  certificate: { certificateFile: string; keyFile: string }
  trust?: { caFile: string; trustDomain: string }[]
  routes: {
    match: { path: string }
    upstream: string
    sensitive?: boolean
    webSocket?: boolean
  }[]
}

/** The file of a deployment, changed by `edit`. */
export function editFile(file: string, edit: (config: EditedFile) => void): void {
  const config = parse(readFileSync(file, 'utf8')) as EditedFile
  edit(config)
  writeFileSync(file, stringify(config))
}

/** A development deployment that does not run. */
export type LaidOut = {
  readonly directory: string
  readonly facts: Omit<DevelopmentFacts, 'device' | 'deviceCaFile' | 'pid' | 'gatewayPid'>
}

/** A development deployment as `sallyport dev` lays one out, edited, on quiet ports. Nothing of it ran yet. */
export async function layOutEdited(edit: (config: EditedFile) => void): Promise<LaidOut> {
  const layout = developmentLayout(path.join(newFolder(), 'dev'))
  const [gateway = 0, device = 0, admin = 0, authorityOperations = 0, gatewayOperations = 0] =
    await quietPorts(5)
  const say = () => {}
  const order = { layout, port: gateway, names: [], wasAbandoned: false, now: Date.now, say }
  const { upstream } = await prepareDevelopment(order)
  const ports = { gateway, device, admin, authorityOperations, gatewayOperations, upstream }
  const { configFile, caFile, adminTokenFile, directory } = layout
  writeFileSync(configFile, withPorts(readFileSync(configFile, 'utf8'), ports))
  await attestedPhone(layout, say)
  editFile(configFile, edit)
  return {
    directory,
    facts: {
      gateway: `https://localhost:${gateway}`,
      authority: `https://localhost:${device}`,
      upstream: `http://127.0.0.1:${upstream}`,
      samplePath,
      caFile,
      configFile,
      adminTokenFile,
    },
  }
}

/** A development deployment that was edited, and runs. */
export async function startEdited(edit: (config: EditedFile) => void): Promise<Development> {
  const { directory } = await layOutEdited(edit)
  return await startDev(directory)
}

/** A host like the one that dev writes, with another mode and service. */
export function hostLike(
  { gateway }: EditedFile,
  clientCertificate: string,
  upstream = 'sample',
): EditedHost {
  const { certificate } = gateway.hosts['localhost'] as EditedHost
  return {
    clientCertificate,
    certificate,
    routes: [{ match: { path: '/*' }, upstream, webSocket: true }],
  }
}

/** What a client shows of itself in TLS. */
export type Identity = { cert: string; key: string }

/** Another virtual device of the deployment, enrolled. */
export async function enrollPhone(dev: LaidOut): Promise<VirtualDevice> {
  const { authority, gateway, caFile } = dev.facts
  const device = createVirtualDevice({
    directory: newFolder(),
    authorityUrl: authority,
    gatewayUrl: gateway,
    caFile,
    appId: 'demo',
  })
  await device.enroll()
  return device
}

/** What a device shows of itself now. */
export function identityOf({
  certificateFile,
  keyFile,
}: Pick<VirtualDevice, 'certificateFile' | 'keyFile'>): Identity {
  return { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

/** The same of another device, which does nothing more by itself. */
export async function enrollDevice(dev: LaidOut): Promise<Identity & { id: string }> {
  const device = await enrollPhone(dev)
  const { deviceId } = await device.status()
  await device.close()
  if (deviceId === undefined) throw new Error('the device was not enrolled')
  return { id: deviceId, ...identityOf(device) }
}

/** What the device of the deployment itself shows. */
export function ownIdentity({ facts }: Development): Identity {
  return identityOf(facts.device)
}
