import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onCore } from '../process/core.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { constantFields } from '../site/added-fields.ts'
import type { Peer } from './peer.ts'

const packageName = '@fastify/http-proxy'
const module = fileURLToPath(new URL('./fastify-http-proxy-process.js', import.meta.url))

/** The usual way to proxy on Node.js. */
export const fastifyHttpProxy: Peer = {
  name: packageName,
  install: `npm install --no-save ${packageName}`,
  version: () => {
    const file = manifestFile()
    if (file === undefined) return undefined
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  },
  start: async (site, directory) => {
    const port = await freePort()
    const accessLog = path.join(directory, 'access.log')
    const settings = { site, port, accessLog, fields: constantFields(site) }
    const server = await startServer({
      name: 'fastify-http-proxy',
      command: onCore('server', [process.execPath, module, JSON.stringify(settings)]),
      directory,
      port,
      environment: { NODE_ENV: 'production' },
    })
    return { port, processIds: [server.id], accessLog, stop: server.stop }
  },
}

function manifestFile(): string | undefined {
  try {
    return findPackageJSON(packageName, import.meta.url)
  } catch {
    // It is not installed, which is what is asked here.
    return undefined
  }
}
