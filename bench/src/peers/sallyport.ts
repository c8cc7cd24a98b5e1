import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { commandLine, processTree } from '../measure/process-tree.ts'
import { onCore } from '../process/core.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { sallyportCommand } from '../site/prepare-site.ts'
import type { Site } from '../site/site.ts'
import type { Peer } from './peer.ts'

const manifest = new URL('../../../../packages/cli/package.json', import.meta.url)

/** The authority and the supervisor run too, for the status feed; the gateway's process alone counts. */
export const sallyport: Peer = {
  name: 'Sallyport',
  install: 'npm ci',
  version: () => (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version,
  start: async (site, directory) => {
    const port = await freePort()
    const accessLog = path.join(directory, 'access.log')
    // Beside the file it is made from: paths in it are relative to where it lies.
    const file = path.join(path.dirname(site.sallyportConfigFile), 'bench.yaml')
    writeFileSync(file, sallyportConfiguration(site, port, accessLog))
    const command = [process.execPath, sallyportCommand, 'serve', '--config', file] as const
    const server = await startServer({
      name: 'sallyport',
      command: onCore('server', command),
      directory,
      port,
    })
    const gateway = processTree(server.id).find((id) =>
      commandLine(id).includes('serve --role gateway'),
    )
    if (gateway === undefined) {
      await server.stop()
      throw new Error('sallyport serve has no gateway among its processes')
    }
    return { port, processId: gateway, accessLog, stop: server.stop }
  },
}

/** The development deployment's own configuration, as an API host would have it. */
export function sallyportConfiguration(site: Site, port: number, accessLog: string): string {
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
  return document.toString()
}
