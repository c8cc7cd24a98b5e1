import { clientFields } from './identity-names.ts'
import type { Site, SiteUpstream } from './site.ts'

/** haproxy.cfg, whole: a Lua action asks for a decision on each request. For HAProxy 2.6 and later. */
export function haproxyConfig(site: Site): string {
  const address = `${site.listen.host}:${site.listen.port}`
  return `# Made by \`sallyport integrate haproxy\`. HAProxy ends TLS and forwards; Sallyport decides each request.
# sallyport.lua and sallyport.crt-list lie beside this file. The key of api.crt is looked for in api.key.
# The user that HAProxy runs as must be in the group of the decision socket.
global
  default-path config
  ssl-load-extra-del-ext
  lua-load sallyport.lua
  maxconn 8000
  tune.h2.max-concurrent-streams 100
  # Connections of a configuration before this one end within:
  hard-stop-after 30s

defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  timeout http-request 10s
  timeout http-keep-alive 75s
  # A WebSocket that says nothing for so long ends.
  timeout tunnel 75s

frontend sallyport
  bind ${address} ssl crt-list sallyport.crt-list strict-sni alpn h2,http/1.1 ssl-min-ver TLSv1.3 crt-ignore-err all ca-ignore-err all
${site.hosts.map(({ name }) => `  http-request lua.sallyport_decide ${name} if { ssl_fc_sni -i ${name} }`).join('\n')}
  # Decided on, or not served.
  http-request deny deny_status 421 unless { var(txn.sallyport_upstream) -m found }
${clientFields.map((name) => `  http-response set-header ${name} %[var(txn.sallyport_${snake(name)})] if { var(txn.sallyport_${snake(name)}) -m found }`).join('\n')}
  # The route decides where a request goes, in Sallyport as here: its name comes with the decision.
  use_backend sallyport_up_%[var(txn.sallyport_upstream)]

${site.upstreams.map(backend).join('\n\n')}
`
}

/** sallyport.crt-list: which certificate is shown for which name, and which names ask for one. */
export function haproxyCertificates({ hosts }: Site): string {
  const lines = hosts.map(({ name, certificateFile, asksForCertificate }) =>
    asksForCertificate
      ? `${certificateFile} [verify optional ca-verify-file ${certificateFile}] ${name}`
      : `${certificateFile} [verify none] ${name}`,
  )
  return `# Made by \`sallyport integrate haproxy\`. Any certificate passes whose key the client holds: whether it is
# believed, and why not, Sallyport says, from CAs and status that it follows. The file behind ca-verify-file
# decides nothing, and no CA is named to clients.
${lines.join('\n')}
`
}

export function backend({
  name,
  targets,
  isTls,
  isHttp2,
  caFile,
  serverName,
}: SiteUpstream): string {
  const secured = isTls
    ? ` ssl verify required ca-file ${caFile ?? '@system-ca'}${serverName === undefined ? '' : ` sni str(${serverName}) verifyhost ${serverName}`}`
    : ''
  const servers = targets.map(
    ({ host, port }, index) =>
      `  server target${index + 1} ${host}:${port}${secured}${isHttp2 ? (isTls ? ' alpn h2' : ' proto h2') : ''}`,
  )
  return `backend sallyport_up_${name}\n${servers.join('\n')}`
}

const snake = (name: string): string => name.toLowerCase().replaceAll('-', '_')
