import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { onCore } from '../process/core.ts'
import { findProgram } from '../process/find-program.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { constantFields } from '../site/added-fields.ts'
import type { Site } from '../site/site.ts'
import type { Peer } from './peer.ts'
import { programVersion } from './program-version.ts'

export const nginx: Peer = {
  name: 'nginx',
  install: 'apt-get install nginx',
  version: () => programVersion('nginx', '-v'),
  start: async (site, directory) => {
    const port = await freePort()
    const file = path.join(directory, 'nginx.conf')
    writeFileSync(file, nginxConfiguration(site, directory, port))
    const program = findProgram('nginx') ?? 'nginx'
    const server = await startServer({
      name: 'nginx',
      command: onCore('server', [program, '-p', directory, '-c', file, '-g', 'daemon off;']),
      directory,
      port,
    })
    return {
      port,
      processIds: [server.id],
      accessLog: path.join(directory, 'access.log'),
      stop: server.stop,
    }
  },
}

/** The log is written line by line, as nginx does unless told otherwise. */
export function nginxConfiguration(site: Site, directory: string, port: number): string {
  const { chain, device } = constantFields(site)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${directory}/${kind};`)
    .join('\n')
  return `worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
events { worker_connections 4096; }
http {
${temporary}
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  log_format json escape=json '{"time":"$time_iso8601","requestId":"$request_id","address":"$remote_addr",'
    '"method":"$request_method","host":"$host","path":"$uri","protocol":"$server_protocol",'
    '"status":$status,"seconds":$request_time,"bytesSent":$bytes_sent,"device":"$device",'
    '"upstream":"$upstream_addr","upstreamStatus":"$upstream_status"}';
  access_log ${directory}/access.log json;
  # A device's name by its certificate, as a deployment without a gateway of ours would look it up.
  map $ssl_client_fingerprint $device { default '${device}'; }
  upstream service {
    server 127.0.0.1:${site.upstreamPort};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} ssl http2;
    server_name ${site.serverName};
    ssl_certificate ${site.server.certificateFile};
    ssl_certificate_key ${site.server.keyFile};
    ssl_protocols TLSv1.3;
    ssl_verify_client on;
    ssl_verify_depth 3;
    ssl_client_certificate ${site.deviceCaFile};
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header Host $host;
      proxy_set_header Client-Cert $ssl_client_escaped_cert;
      proxy_set_header Client-Cert-Chain '${chain}';
      proxy_set_header Sallyport-Device $device;
      proxy_set_header Forwarded 'for=$remote_addr;host="$host";proto=https';
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header traceparent '00-$request_id-00f067aa0ba902b7-00';
    }
  }
}
`
}
