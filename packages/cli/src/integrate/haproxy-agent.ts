import { serviceFields, strippedFields } from './identity-names.ts'
import { backend } from './haproxy.ts'
import type { Site, SiteHost, SiteRoute } from './site.ts'

/** Where the lists of the agent lie, unless told otherwise. */
export const listsDirectory = '/etc/haproxy/sallyport'

/** By so much the authority dates a certificate back (five minutes), and so long the feed may take to tell of it. */
const youngSeconds = 330

/** haproxy.cfg, whole: HAProxy refuses by lists that `sallyport agent haproxy` keeps. No call, no Lua; devices alone. */
export function haproxyAgentConfig(site: Site): string {
  const { lists, staleAfterSeconds, listen } = site
  return `# Made by \`sallyport integrate haproxy-agent\`. HAProxy refuses devices by the lists that
#   sallyport agent haproxy --lists ${lists}
# keeps. Tokens, access and limits are not looked at here. Start the agent first: it makes the files.
# The key of api.crt is looked for in api.key.
global
  ssl-load-extra-del-ext
  stats socket ${lists}/haproxy.sock mode 660 level admin
  maxconn 8000
  # A resumed session would skip the CAs: there are none.
  tune.ssl.cachesize 0
  tune.h2.max-concurrent-streams 100
  # Connections of a process before a reload, which the agent does not reach, end within:
  hard-stop-after 30s

defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  timeout http-request 10s
  timeout http-keep-alive 75s
  timeout tunnel 75s

# The streams that are open, by device and address, so that the agent can end them.
backend sallyport_streams
  stick-table type string len 160 size 200k expire 10m

frontend sallyport
  # What TLS finds wrong is told, not cut off.
  bind ${listen.host}:${listen.port} ssl ${site.hosts.map(({ certificateFile }) => `crt ${certificateFile}`).join(' ')} alpn h2,http/1.1 ssl-min-ver TLSv1.3 no-tls-tickets verify optional ca-file ${lists}/device-ca.pem crt-ignore-err all ca-ignore-err all
  # The id of the device, in hex, out of its URI name. Greedy: the last place, behind the key, which a device chooses.
  http-request set-var(txn.device) "ssl_c_der,hex,regsub('^.*2F6465766963652F(6465765F[0-9A-F]{52}).*\\$','\\1')"
  http-request set-var(txn.certificate) ssl_c_der,sha2(256),hex
  # Certificates that may be so young that the feed has not told of them yet: the authority dates them back.
  http-request set-var(txn.issuer) ssl_c_i_dn,hex
  http-request set-var(txn.young) 'date(-${youngSeconds}),utime("%y%m%d%H%M%SZ")'
  http-request set-var(txn.isYoung) ssl_c_notbefore,strcmp(txn.young)
  http-request set-var(txn.heard) str(heard),map_str_int(${lists}/heard.map,0)
  http-request set-var(txn.age) date,sub(txn.heard)
  # The root behind an issuing CA is not in the file: OpenSSL's 2 (its issuer is missing), and no other error.
${['status_stale', 'certificate', 'untrusted', 'status', 'issued'].map((each) => rules(each, site)).join('\n')}
  http-request set-var-fmt(txn.stream) "%[var(txn.device)]|%[src]:%[src_port]"
  http-request track-sc0 var(txn.stream) table sallyport_streams if { ssl_c_used }
  # Who calls is for HAProxy to say.
${[...serviceFields, ...strippedFields].map((name) => `  http-request del-header ${name}`).join('\n')}
  http-request set-header Client-Cert ":%[ssl_c_der,base64]:" if { ssl_c_used }
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto https
${site.hosts.flatMap((host) => host.routes.map((route) => useBackend(host, route))).join('\n')}
  http-request return status 404 if !{ var(txn.upstream) -m found }
  use_backend sallyport_up_%[var(txn.upstream)]

${site.upstreams.map(backend).join('\n\n')}
# Silence of more than ${staleAfterSeconds} seconds (gateway.status.stopAfterSeconds) refuses every device.
`
}

function rules(kind: string, { hosts, lists, staleAfterSeconds }: Site): string {
  const asking = hosts.filter(({ asksForCertificate }) => asksForCertificate)
  const names = asking.map(({ name }) => name).join(' ')
  if (names === '') return ''
  const host = `{ hdr(host),host_only -i ${names} }`
  const table: Readonly<Record<string, string[]>> = {
    status_stale: [
      refuse(503, 'status_stale', `${host} { var(txn.age) -m int gt ${staleAfterSeconds} }`),
    ],
    certificate: [refuse(401, 'device_certificate_required', `${host} !{ ssl_c_used }`)],
    untrusted: [
      refuse(401, 'device_certificate_untrusted', `${host} !{ ssl_c_err 0 }`),
      refuse(401, 'device_certificate_untrusted', `${host} !{ ssl_c_ca_err 0 2 }`),
      refuse(
        401,
        'device_certificate_untrusted',
        `${host} !{ var(txn.device) -m reg ^6465765F[0-9A-F]{52}$ }`,
      ),
    ],
    status: [
      refuse(403, 'device_revoked', `${host} { var(txn.device) -m str -f ${lists}/devices.acl }`),
      refuse(
        403,
        'device_certificate_revoked',
        `${host} { var(txn.certificate) -m str -f ${lists}/certificates.acl }`,
      ),
    ],
    // Where an app has certificate.status: issued, what the registry never issued is let in by nobody.
    issued: [
      refuse(
        503,
        'device_not_yet_known',
        `${host} ${unknownTo(lists)} { var(txn.isYoung) -m int gt 0 }`,
      ),
      refuse(403, 'device_unknown', `${host} ${unknownTo(lists)}`),
    ],
  }
  return (table[kind] ?? []).join('\n')
}

const unknownTo = (lists: string): string =>
  `!{ var(txn.issuer) -m str -f ${lists}/unlisted-cas.acl } !{ var(txn.certificate) -m str -f ${lists}/issued.acl }`

function refuse(status: number, code: string, condition: string): string {
  const body = `{"type":"urn:sallyport:reason:${code}","status":${status},"code":"${code}"}`
  return `  http-request return status ${status} content-type application/problem+json hdr Cache-Control no-store string '${body}' if ${condition}`
}

function useBackend({ name }: SiteHost, { path, methods, upstream }: SiteRoute): string {
  const method = methods === undefined ? '' : ` { method ${methods.join(' ')} }`
  return `  http-request set-var(txn.upstream) str(${upstream}) if !{ var(txn.upstream) -m found } { hdr(host),host_only -i ${name} } ${pathCondition(path)}${method}`
}

function pathCondition(path: string): string {
  if (path.includes('{')) {
    const pattern = path.replaceAll(/\{[^}]*\}/g, '[^/]+').replace(/\*$/, '.*')
    return `{ path -m reg ^${pattern}$ }`
  }
  return path.endsWith('/*') ? `{ path -m beg ${path.slice(0, -1)} }` : `{ path ${path} }`
}
