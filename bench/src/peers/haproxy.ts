import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { onCore } from '../process/core.ts'
import { findProgram } from '../process/find-program.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { constantFields } from '../site/added-fields.ts'
import type { Site } from '../site/site.ts'
import type { Peer } from './peer.ts'
import { programVersion } from './program-version.ts'

export const haproxy: Peer = {
  name: 'HAProxy',
  install: 'apt-get install haproxy',
  version: () => programVersion('haproxy', '-v'),
  start: async (site, directory) => {
    const port = await freePort()
    const file = path.join(directory, 'haproxy.cfg')
    // HAProxy takes a certificate and its key from one file.
    const pair = path.join(directory, 'server.pem')
    const { certificateFile, keyFile } = site.server
    writeFileSync(pair, readFileSync(certificateFile, 'utf8') + readFileSync(keyFile, 'utf8'), {
      mode: 0o600,
    })
    writeFileSync(file, haproxyConfiguration(site, pair, port))
    const program = findProgram('haproxy') ?? 'haproxy'
    const server = await startServer({
      name: 'haproxy',
      command: onCore('server', [program, '-db', '-f', file]),
      directory,
      port,
    })
    return {
      port,
      processIds: [server.id],
      accessLog: path.join(directory, 'haproxy.out'),
      stop: server.stop,
    }
  },
}

/** The log goes to standard output, line by line: HAProxy writes no files. */
export function haproxyConfiguration(site: Site, pairFile: string, port: number): string {
  const { chain, device, traceparent } = constantFields(site)
  return `global
  nbthread 1
  maxconn 4096
  tune.ssl.default-dh-param 2048
  log stdout format raw local0

defaults
  mode http
  log global
  timeout connect 2s
  timeout client 300s
  timeout server 60s
  timeout http-keep-alive 300s

frontend edge
  bind 127.0.0.1:${port} ssl crt ${pairFile} ca-file ${site.deviceCaFile} verify required ssl-min-ver TLSv1.3 alpn h2,http/1.1
  unique-id-format %[uuid]
  log-format '{"time":"%tr","requestId":"%ID","address":"%ci","method":"%HM","path":%{+Q}HPO,"protocol":"%HV","status":%ST,"milliseconds":%Ta,"bytesSent":%B,"upstream":"%s"}'
  http-request set-header Client-Cert ':%[ssl_c_der,base64]:'
  http-request set-header Client-Cert-Chain '${chain}'
  http-request set-header Sallyport-Device '${device}'
  http-request set-header Forwarded 'for=%[src];host="%[req.hdr(host)]";proto=https'
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Request-Id %[unique-id]
  http-request set-header traceparent ${traceparent}
  default_backend service

backend service
  http-reuse always
  server service 127.0.0.1:${site.upstreamPort} pool-max-conn 256
`
}
