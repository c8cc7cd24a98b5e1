import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { onCore } from '../process/core.ts'
import { findProgram } from '../process/find-program.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { constantFields } from '../site/added-fields.ts'
import { certificatesOf } from '../site/certificates-of.ts'
import type { Site } from '../site/site.ts'
import type { Peer } from './peer.ts'
import { programVersion } from './program-version.ts'

export const caddy: Peer = {
  name: 'Caddy',
  install: 'apt-get install caddy',
  version: () => programVersion('caddy', 'version'),
  start: async (site, directory) => {
    const port = await freePort()
    const file = path.join(directory, 'Caddyfile')
    writeFileSync(file, caddyConfiguration(site, directory, port))
    const program = findProgram('caddy') ?? 'caddy'
    const server = await startServer({
      name: 'caddy',
      command: onCore('server', [program, 'run', '--config', file, '--adapter', 'caddyfile']),
      directory,
      port,
      environment: { GOMAXPROCS: '1', XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    })
    return {
      port,
      processIds: [server.id],
      accessLog: path.join(directory, 'access.log'),
      stop: server.stop,
    }
  },
}

export function caddyConfiguration(site: Site, directory: string, port: number): string {
  const { chain, device, traceparent } = constantFields(site)
  const authorities = certificatesOf(site.deviceCaFile)
    .map((der) => `      trusted_ca_cert ${der.toString('base64')}`)
    .join('\n')
  return `{
  admin off
  auto_https off
}
https://:${port} {
  bind 127.0.0.1
  tls ${site.server.certificateFile} ${site.server.keyFile} {
    protocols tls1.3
    client_auth {
      mode require_and_verify
${authorities}
    }
  }
  log {
    level INFO
    format json
    output file ${directory}/access.log {
      roll_disabled
    }
  }
  reverse_proxy 127.0.0.1:${site.upstreamPort} {
    header_up Client-Cert :{http.request.tls.client.certificate_der_base64}:
    header_up Client-Cert-Chain \`${chain}\`
    header_up Sallyport-Device \`${device}\`
    header_up Forwarded \`for={http.request.remote.host};host="{http.request.host}";proto=https\`
    header_up X-Request-Id {http.request.uuid}
    header_up traceparent ${traceparent}
    transport http {
      keepalive 300s
      keepalive_idle_conns_per_host 256
    }
  }
}
`
}
