import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onCore } from '../process/core.ts'
import { findProgram } from '../process/find-program.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import type { Site } from '../site/site.ts'
import { nginx, nginxConfiguration } from './nginx.ts'
import type { Peer } from './peer.ts'

const module = fileURLToPath(new URL('./decision-service-process.js', import.meta.url))

/**
 * The usual way to check tokens, permissions and limits at nginx: it asks a service on Node.js before each
 * request (`auth_request`), over kept-alive connections. Both processes count.
 */
export const nginxAuthRequest: Peer = {
  name: 'nginx + auth_request',
  install: nginx.install,
  version: () => nginx.version(),
  start: async (site, directory) => {
    const decisions = await freePort()
    const settings = { site, port: decisions }
    const service = await startServer({
      name: 'decision-service',
      command: onCore('server', [process.execPath, module, JSON.stringify(settings)]),
      directory,
      port: decisions,
      environment: { NODE_ENV: 'production' },
    })
    const port = await freePort()
    const file = path.join(directory, 'nginx.conf')
    writeFileSync(file, authRequestConfiguration(site, directory, { port, decisions }))
    const program = findProgram('nginx') ?? 'nginx'
    const server = await startServer({
      name: 'nginx',
      command: onCore('server', [program, '-p', directory, '-c', file, '-g', 'daemon off;']),
      directory,
      port,
    })
    return {
      port,
      processIds: [server.id, service.id],
      accessLog: path.join(directory, 'access.log'),
      stop: async () => {
        await server.stop()
        await service.stop()
      },
    }
  },
}

/** nginx as it is measured alone, and a question before each request; the service is told who called. */
export function authRequestConfiguration(
  site: Site,
  directory: string,
  { port, decisions }: { port: number; decisions: number },
): string {
  const asking = `    location = /_decide {
      internal;
      proxy_pass http://decisions;
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_set_header Connection '';
      proxy_set_header Content-Length '';
      proxy_set_header Client-Cert $ssl_client_escaped_cert;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Original-URI $request_uri;
    }
`
  const asked = `      auth_request /_decide;
      auth_request_set $decided_device $upstream_http_x_device;
      auth_request_set $decided_user $upstream_http_x_user;
      proxy_set_header Sallyport-User $decided_user;
`
  const upstream = `  upstream decisions {
    server 127.0.0.1:${decisions};
    keepalive 256;
    keepalive_requests 1000000000;
  }
`
  return nginxConfiguration(site, directory, port)
    .replace('  server {\n', `${upstream}  server {\n`)
    .replace('    location / {\n', `${asking}    location / {\n${asked}`)
    .replace('Sallyport-Device $device;', 'Sallyport-Device $decided_device;')
}
