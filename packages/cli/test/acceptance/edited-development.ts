import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createVirtualDevice } from '@sallyport/virtual-device'
import { parse, stringify } from 'yaml'
import { type Development, newFolder, startDev } from '../sallyport.ts'

/** What these tests edit in the file that `sallyport dev` writes. */
export type EditedFile = {
  authority: {
    listeners: {
      device: { listen: string }
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

/** A development deployment that ran once and was edited. It does not run. */
export async function layOutEdited(edit: (config: EditedFile) => void): Promise<Development> {
  const first = await startDev(path.join(newFolder(), 'dev'))
  await first.end()
  editFile(first.facts.configFile, edit)
  return first
}

/** A development deployment that ran once, was edited, and runs again. */
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
export async function enrollDevice(dev: Development): Promise<Identity & { id: string }> {
  const { authority, gateway, caFile } = dev.facts
  const device = createVirtualDevice({
    directory: newFolder(),
    authorityUrl: authority,
    gatewayUrl: gateway,
    caFile,
    appId: 'demo',
  })
  await device.enroll()
  const { deviceId } = await device.status()
  await device.close()
  if (deviceId === undefined) throw new Error('the device was not enrolled')
  return {
    id: deviceId,
    cert: readFileSync(device.certificateFile, 'utf8'),
    key: readFileSync(device.keyFile, 'utf8'),
  }
}

/** What the device of the deployment itself shows. */
export function ownIdentity({ facts }: Development): Identity {
  return {
    cert: readFileSync(facts.device.certificateFile, 'utf8'),
    key: readFileSync(facts.device.keyFile, 'utf8'),
  }
}
