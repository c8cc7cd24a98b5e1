import { authorityOf } from './host-and-port.ts'
import { serviceFields, strippedFields } from './identity-names.ts'
import type { Site, SiteHost, SiteRoute, SiteUpstream } from './site.ts'

/** dynamic.yaml: forwardAuth decides on each request. For Traefik 3.0 and later, which asks over mutual TLS. */
export function traefikDynamic(site: Site): string {
  const { hosts, upstreams } = site
  return `# Made by \`sallyport integrate traefik\`. Traefik ends TLS and forwards; Sallyport decides each request.
# It chooses the service before it asks, so the paths of routes stand here as well: print this anew when they
# change. Fields for the client (RateLimit, DPoP-Nonce) reach it with refusals alone.
http:
  routers:
${hosts.flatMap((host, index) => host.routes.map((route, at) => router(host, route, `${index + 1}-${at + 1}`))).join('\n')}
  middlewares:
    sallyport-strip:
      headers:
        customRequestHeaders:
${[...serviceFields, ...strippedFields].map((name) => `          ${name}: ""`).join('\n')}
    # Behind sallyport-strip, so that what is in this field is Traefik's word.
    sallyport-certificate:
      passTLSClientCert: { pem: true }
${hosts.map((host, index) => middleware(site, host, index)).join('\n')}
  services:
${upstreams.map(service).join('\n')}
  serversTransports:
    sallyport:
${upstreams
  .filter(({ caFile }) => caFile !== undefined)
  .map(({ caFile }) => `      rootCAs: ["${caFile}"]`)
  .slice(0, 1)
  .join('\n')}
      forwardingTimeouts: { dialTimeout: 5s }
tls:
  certificates:
${hosts.map(({ certificateFile, keyFile }) => `    - { certFile: "${certificateFile}", keyFile: "${keyFile}" }`).join('\n')}
  options:
    default: { minVersion: VersionTLS13, sniStrict: true }
    # Any certificate whose key the client holds: whether it is believed, and why not, Sallyport says.
    sallyport-asks:
      minVersion: VersionTLS13
      sniStrict: true
      clientAuth: { clientAuthType: RequestClientCert }
`
}

/** traefik.yaml: what Traefik is started with. */
export function traefikStatic({ listen }: Site): string {
  return `# Made by \`sallyport integrate traefik\`; dynamic.yaml lies beside this file.
entryPoints:
  sallyport:
    address: "${listen.host}:${listen.port}"
    http2: { maxConcurrentStreams: 100 }
    transport:
      # What is open when a device is revoked ends with its connection.
      keepAliveMaxTime: 300s
      keepAliveMaxRequests: 1000
      respondingTimeouts: { readTimeout: 75s, idleTimeout: 75s }
providers:
  file: { filename: dynamic.yaml, watch: true }
`
}

function router({ name, asksForCertificate }: SiteHost, route: SiteRoute, id: string): string {
  const [host] = id.split('-')
  const methods = route.methods?.map((method) => `Method(\`${method}\`)`).join(' || ')
  const rule = [
    `Host(\`${name}\`)`,
    pathRule(route.path),
    methods === undefined ? '' : `(${methods})`,
  ]
  return `    sallyport-${id}:
      entryPoints: [sallyport]
      rule: "${rule
        .filter((part) => part !== '')
        .join(' && ')
        .replaceAll('\\', '\\\\')}"
      middlewares: [sallyport-strip, sallyport-certificate, sallyport-decide-${host}]
      service: "${route.upstream}"
      tls: ${asksForCertificate ? '{ options: sallyport-asks }' : '{}'}`
}

function pathRule(path: string): string {
  if (path.includes('{')) {
    const pattern = path
      .replaceAll(/[.+?^$()|[\]\\]/g, '\\$&')
      .replaceAll(/\{[^}]*\}/g, '[^/]+')
      .replace(/\*$/, '.*')
    return `PathRegexp(\`^${pattern}$\`)`
  }
  return path.endsWith('/*') ? `PathPrefix(\`${path.slice(0, -1)}\`)` : `Path(\`${path}\`)`
}

function middleware({ decisions }: Site, host: SiteHost, index: number): string {
  if ('socket' in decisions.over) throw new TypeError('Traefik asks over TLS alone')
  const { over } = decisions
  return `    sallyport-decide-${index + 1}:
      forwardAuth:
        # Caller and host stand here, where no client can change them.
        address: "https://${authorityOf(over)}/decide/${decisions.caller}/${host.name}"
        trustForwardHeader: false
        maxResponseBodySize: 65536
        authResponseHeaders: [${serviceFields.join(', ')}]
        tls:
          ca: "${over.caFile}"
          # The certificate of this caller, with a name that gateway.decisions lists.
          cert: "${over.certificateFile}"
          key: "${over.keyFile}"`
}

function service({ name, targets, isTls, isHttp2 }: SiteUpstream): string {
  const scheme = isTls ? 'https' : isHttp2 ? 'h2c' : 'http'
  const urls = targets.map(({ host, port }) => `{ url: "${scheme}://${host}:${port}" }`)
  return `    "${name}":
      loadBalancer:
        servers: [${urls.join(', ')}]
        serversTransport: sallyport
        passHostHeader: true`
}
