import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Document, parseDocument } from 'yaml'
import { commandLine, processTree } from '../measure/process-tree.ts'
import { onCore } from '../process/core.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { sallyportCommand } from '../site/prepare-site.ts'
import type { Site } from '../site/site.ts'
import type { Peer } from './peer.ts'

const manifest = new URL('../../../../packages/cli/package.json', import.meta.url)

/** With the device stage alone. The authority and the supervisor run too, for the status feed. */
export const sallyport = sallyportPeer({
  name: 'Sallyport',
  command: ['serve'],
  change: () => undefined,
})

/** With the device, a bound token, access rules and two limits; it follows the authority of the other. */
export const sallyportLayers = sallyportPeer({
  name: 'Sallyport, every layer',
  command: ['serve', '--role', 'gateway'],
  change: (document, site) => {
    document.setIn(['gateway', 'stateDirectory'], path.join(site.directory, 'layers-state'))
    document.deleteIn(['gateway', 'operations'])
    addLayers(document, site)
  },
})

type Variant = {
  readonly name: string
  readonly command: readonly string[]
  readonly change: (document: Document, site: Site) => void
}

/** The gateway's process alone counts. */
function sallyportPeer({ name, command, change }: Variant): Peer {
  return {
    name,
    install: 'npm ci',
    version: () => (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version,
    start: async (site, directory) => {
      const port = await freePort()
      const accessLog = path.join(directory, 'access.log')
      // Beside the file it is made from: paths in it are relative to where it lies.
      const beside = path.dirname(site.sallyportConfigFile)
      const file = path.join(beside, `${path.basename(directory)}.yaml`)
      writeFileSync(file, sallyportConfiguration(site, port, accessLog, change))
      const line = [process.execPath, sallyportCommand, ...command, '--config', file] as const
      const server = await startServer({
        name: 'sallyport',
        command: onCore('server', line),
        directory,
        port,
      })
      const gateway = processTree(server.id).find((id) =>
        commandLine(id).includes('serve --role gateway'),
      )
      if (gateway === undefined) {
        await server.stop()
        throw new Error(`${name} has no gateway among its processes`)
      }
      return { port, processIds: [gateway], accessLog, stop: server.stop }
    },
  }
}

/** The development deployment's own configuration, as an API host would have it. */
export function sallyportConfiguration(
  site: Site,
  port: number,
  accessLog: string,
  change: (document: Document, site: Site) => void = () => undefined,
): string {
  const document = parseDocument(readFileSync(site.sallyportConfigFile, 'utf8'))
  const set = (place: string, value: unknown): void =>
    document.setIn(place.split('/'), document.createNode(value))
  set('gateway/listen', [`127.0.0.1:${port}`])
  set('gateway/workers', 1)
  set('gateway/accessLog', { path: accessLog })
  set('gateway/hosts/localhost/clientCertificate', 'require')
  set('gateway/hosts/localhost/routes', [{ match: { path: '/*' }, upstream: 'service' }])
  set('gateway/upstreams', {
    service: { targets: [`http://127.0.0.1:${site.upstreamPort}`] },
  })
  change(document, site)
  return document.toString()
}

/** More than any run asks: what is measured is the counting, not a refusal. */
const limit = 10_000_000

/** A token that is bound to the certificate, a rule of access, and two limits. */
export function addLayers(document: Document, { provider }: Site): void {
  const { issuer, audience, keysFile } = provider
  document.set(
    'identityProviders',
    document.createNode({
      main: { issuer, audience, jwksFile: keysFile, roles: { claim: 'roles' } },
    }),
  )
  const access = {
    name: 'orders',
    scopes: ['orders'],
    roles: ['customer'],
    device: { minimumAppVersion: '1.0' },
  }
  const stages = {
    token: { binding: 'certificate' },
    access: { rules: [access] },
    limits: {
      rules: [
        { name: 'device', key: 'device', limit, per: '1m' },
        { name: 'user', key: 'user', limit, per: '1m' },
      ],
    },
  }
  document.setIn(['gateway', 'hosts', 'localhost', 'stages'], document.createNode(stages))
}
