import { authorityOf } from './host-and-port.ts'
import { clientFields, refusalFields, serviceFields, strippedFields } from './identity-names.ts'
import { readerNote, type Site, type SiteHost, type SiteUpstream } from './site.ts'

/** Every status that a refusal can have: nginx takes no variable for it. */
const statuses = [400, 401, 404, 405, 409, 413, 415, 421, 429, 502, 503, 504] as const

/** nginx.conf, whole: each request is decided on by auth_request. For nginx 1.22 and later. */
export function nginxConfig(site: Site): string {
  const { over } = site.decisions
  return `# Made by \`sallyport integrate nginx\`. nginx ends TLS and forwards; Sallyport decides each request.
${readerNote(over, "nginx's workers run")}
worker_processes auto;

events {
  worker_connections 4096;
}

http {
  server_tokens off;
  access_log off;
  client_header_timeout 10s;
  client_max_body_size 0;
  # Of HTTP/2 these bound a connection too. What is open when a device is revoked ends with them.
  keepalive_time 5m;
  keepalive_timeout 75s;
  keepalive_requests 1000;
  http2_max_concurrent_streams 100;
  large_client_header_buffers 4 16k;

  upstream sallyport_decisions {
    server ${'socket' in over ? `unix:${over.socket}` : authorityOf(over)};
    keepalive 64;
  }

${site.upstreams.map(upstreamBlock).join('\n\n')}

  # The route decides where a request goes, in Sallyport as here: its name comes with the decision.
  map $sallyport_upstream $sallyport_origin {
${site.upstreams.map((each) => `    ${each.name} ${each.isTls ? 'https' : 'http'}://sallyport_up_${each.name};`).join('\n')}
  }
  # A token that was exchanged stays here.
  map $sallyport_withhold $sallyport_authorization {
    default $http_authorization;
    1 "";
  }
  map $sallyport_withhold $sallyport_dpop {
    default $http_dpop;
    1 "";
  }
  map $http_upgrade $sallyport_connection {
    default upgrade;
    "" "";
  }
  # auth_request knows 401 and 403 alone. The real status and the problem come in fields; a device that is no
  # more loses its connection as well, where that is HTTP/1.
  map $sallyport_close $sallyport_refusal {
    default /_sallyport/refused;
    1 /_sallyport/refused-and-closed;
  }

  # A name that nobody serves gets no handshake.
  server {
    listen ${address(site)} ssl http2 default_server;
    ssl_reject_handshake on;
  }

${site.hosts.map((host) => serverBlock(site, host)).join('\n\n')}
}
`
}

function upstreamBlock({ name, targets }: SiteUpstream): string {
  const servers = targets.map(({ host, port }) => `    server ${host}:${port};`)
  return `  upstream sallyport_up_${name} {\n${servers.join('\n')}\n    keepalive 64;\n  }`
}

function serverBlock(site: Site, host: SiteHost): string {
  return `  server {
    listen ${address(site)} ssl http2;
    server_name ${host.name};
    ssl_certificate ${host.certificateFile};
    ssl_certificate_key ${host.keyFile};
    ssl_protocols TLSv1.3;
    ssl_session_cache shared:sallyport:10m;
    # A connection made for another name, whose rules for certificates may be laxer.
    if ($ssl_server_name != $host) {
      return 421;
    }
${certificateLines(host)}
    auth_request /_sallyport/decide;
${[
  'Sallyport-Status',
  'Sallyport-Problem',
  'Sallyport-Close',
  'Sallyport-Upstream',
  'Sallyport-Withhold',
  ...serviceFields,
  ...clientFields,
  ...refusalFields,
]
  .filter((name, index, all) => all.indexOf(name) === index)
  .map((name) => `    auth_request_set ${variable(name)} $upstream_http_${snake(name)};`)
  .join('\n')}
    error_page 401 403 = $sallyport_refusal;
    # The decision could not be had: closed, never open.
    error_page 500 = /_sallyport/unavailable;
${clientFields.map((name) => `    add_header ${name} ${variable(name)} always;`).join('\n')}

    location / {
      proxy_pass $sallyport_origin;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $sallyport_connection;
${forwardLines(site, 'proxy')}
    }
${grpcBlocks(site, host)}
    location = /_sallyport/decide {
      internal;
      auth_request off;
      # Caller and host stand here, where no client can change them.
      proxy_pass ${'socket' in site.decisions.over ? 'http' : 'https'}://sallyport_decisions/decide/${site.decisions.caller}/${host.name};
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_connect_timeout 1s;
      proxy_read_timeout 3s;
      proxy_buffer_size 32k;
      proxy_buffers 4 32k;
      proxy_busy_buffers_size 64k;
${decisionTls(site)}      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_set_header Upgrade "";
      proxy_set_header Sallyport-Upgrade $http_upgrade;
      proxy_set_header Ssl-Client-Cert ${host.asksForCertificate ? '$ssl_client_escaped_cert' : '""'};
      proxy_set_header X-Forwarded-Method $request_method;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
    }

${refusedBlock('/_sallyport/refused', '')}

${refusedBlock('/_sallyport/refused-and-closed', '      keepalive_timeout 0;\n')}

    location = /_sallyport/unavailable {
      internal;
      auth_request off;
      default_type application/problem+json;
      add_header Cache-Control no-store always;
      return 503 '{"type":"about:blank","status":503,"title":"A check that this request must pass could not be made","code":"stage_unavailable","retryable":true}';
    }
  }`
}

/** What both ways of forwarding have in common; the directives differ in their first word. */
function forwardLines(site: Site, way: 'proxy' | 'grpc'): string {
  const set = (name: string, value: string) => `      ${way}_set_header ${name} ${value};`
  return [
    `      ${way}_connect_timeout 5s;`,
    // Counted anew with each piece: a stream or WebSocket that says nothing for so long ends.
    `      ${way}_read_timeout 75s;`,
    `      ${way}_send_timeout 75s;`,
    ...upstreamTls(site, way),
    set('Host', '$host'),
    set('X-Forwarded-For', '$remote_addr'),
    set('X-Forwarded-Proto', 'https'),
    set('X-Forwarded-Host', '$http_host'),
    set('Authorization', '$sallyport_authorization'),
    set('DPoP', '$sallyport_dpop'),
    '      # Said by Sallyport, in place of whatever the client says.',
    ...serviceFields.map((name) => set(name, variable(name))),
    ...strippedFields.map((name) => set(name, '""')),
  ].join('\n')
}

/** Services that speak HTTP/2, as gRPC does, have locations of their own: nginx forwards to them in another way. */
function grpcBlocks(site: Site, host: SiteHost): string {
  const http2 = site.upstreams.filter(({ isHttp2 }) => isHttp2)
  return host.routes
    .flatMap(({ path, upstream }) => {
      const named = http2.find(({ name }) => name === upstream)
      if (named === undefined) return []
      const scheme = named.isTls ? 'grpcs' : 'grpc'
      return [
        `
    location ${locationOf(path)} {
      grpc_pass ${scheme}://sallyport_up_${named.name};
${forwardLines(site, 'grpc')}
    }
`,
      ]
    })
    .join('')
}

function locationOf(path: string): string {
  if (!path.includes('{')) return path.endsWith('/*') ? `^~ ${path.slice(0, -1)}` : `= ${path}`
  const pattern = path
    .replaceAll(/[.+?^$()|[\]\\]/g, '\\$&')
    .replaceAll(/\{[^}]*\}/g, '[^/]+')
    .replace(/\*$/, '.*')
  return `~ ^${pattern}$`
}

function certificateLines({ asksForCertificate }: SiteHost): string {
  if (!asksForCertificate) return '    ssl_verify_client off;'
  return `    # Any certificate whose key the client holds: whether it is believed, and why not, Sallyport says, from
    # CAs and status that it follows. No list of CAs is kept here, and none can be out of date.
    ssl_verify_client optional_no_ca;
    ssl_verify_depth 3;
    # A certificate that is out of its dates, which nginx itself refuses.
    error_page 495 = /_sallyport/certificate;
    location = /_sallyport/certificate {
      internal;
      auth_request off;
      default_type application/problem+json;
      add_header Cache-Control no-store always;
      add_header WWW-Authenticate 'DeviceCertificate error="device_certificate_untrusted"' always;
      return 401 '{"type":"about:blank","status":401,"title":"The device certificate is not valid","code":"device_certificate_untrusted","retryable":false,"action":"renew"}';
    }`
}

function refusedBlock(location: string, more: string): string {
  return `    location = ${location} {
      internal;
      auth_request off;
${more}      default_type application/problem+json;
${[...refusalFields, ...clientFields]
  .filter(isOurs)
  .map((name) => `      add_header ${name} ${variable(name)} always;`)
  .join('\n')}
${statuses.map((status) => `      if ($sallyport_status = ${status}) { return ${status} $sallyport_problem; }`).join('\n')}
      return 403 $sallyport_problem;
    }`
}

function upstreamTls({ upstreams }: Site, way: string): string[] {
  const secured = upstreams.find(({ isTls }) => isTls)
  if (secured === undefined) return []
  return [
    `      ${way}_ssl_server_name on;`,
    `      ${way}_ssl_verify on;`,
    `      ${way}_ssl_trusted_certificate ${secured.caFile ?? '/etc/ssl/certs/ca-certificates.crt'};`,
    ...(secured.serverName === undefined ? [] : [`      ${way}_ssl_name ${secured.serverName};`]),
  ]
}

function decisionTls({ decisions: { over } }: Site): string {
  if ('socket' in over) return ''
  return `      proxy_ssl_certificate ${over.certificateFile};
      proxy_ssl_certificate_key ${over.keyFile};
      proxy_ssl_trusted_certificate ${over.caFile};
      proxy_ssl_verify on;
      proxy_ssl_verify_depth 3;
      proxy_ssl_name ${over.host};
      proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.3;
`
}

function address({ listen }: Site): string {
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return `${host}:${listen.port}`
}

/** nginx copies this one from the answer of auth_request by itself. */
const isOurs = (name: string): boolean => name !== 'WWW-Authenticate'

const snake = (name: string): string => name.toLowerCase().replaceAll('-', '_')
const variable = (name: string): string =>
  `$${name.startsWith('Sallyport-') ? '' : 'sallyport_'}${snake(name)}`
