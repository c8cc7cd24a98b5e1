import { authorityOf } from './host-and-port.ts'
import { clientFields, serviceFields, strippedFields } from './identity-names.ts'
import { readerNote, type Site, type SiteHost, type SiteUpstream } from './site.ts'

/** Caddyfile, whole: forward_auth, written out so that answers to clients are kept. For Caddy 2.6 and later. */
export function caddyConfig(site: Site): string {
  return `# Made by \`sallyport integrate caddy\`. Caddy ends TLS and forwards; Sallyport decides each request.
${readerNote(site.decisions.over, 'Caddy runs')}
{
	admin off
	# Certificates are files here, and nothing is served without TLS.
	auto_https off
	servers {
		protocols h1 h2
		timeouts {
			read_header 10s
			idle 75s
		}
		max_header_size 32KB
	}
}

${site.hosts.map((host) => siteBlock(site, host)).join('\n\n')}
`
}

function siteBlock(site: Site, host: SiteHost): string {
  return `https://${host.name}:${site.listen.port} {
	bind ${site.listen.host}
	tls ${host.certificateFile} ${host.keyFile} {
		protocols tls1.3
${
  host.asksForCertificate
    ? `		# Any certificate whose key the client holds: whether it is believed, and why not, Sallyport says.
		client_auth {
			mode request
		}
`
    : ''
}	}

	route {
		# What a client may not say.
${strippedFields.map((name) => `		request_header -${name}`).join('\n')}
		@certificate expression \`{http.request.tls.client.certificate_der_base64} != null\`
		request_header @certificate X-Ssl-Client-Cert {http.request.tls.client.certificate_der_base64}
		reverse_proxy ${decisionAddress(site)} {
			method GET
			# Caller and host stand here, where no client can change them.
			rewrite /decide/${site.decisions.caller}/${host.name}
			header_up X-Forwarded-Method {method}
			header_up X-Forwarded-Uri {uri}
			header_up Sallyport-Upgrade "{header.Upgrade}"
			header_up -Upgrade
			header_up -Content-Length
			header_up -Transfer-Encoding
			transport http {
${decisionTls(site)}				dial_timeout 1s
				response_header_timeout 3s
				keepalive 60s
			}
			@allowed status 200
			handle_response @allowed {
				# In this order: without route, Caddy sorts directives.
				route {
					request_header -X-Ssl-Client-Cert
					# The route decides where a request goes, in Sallyport as here.
					vars sallyport_upstream {http.reverse_proxy.header.Sallyport-Upstream}
					@withheld expression \`{http.reverse_proxy.header.Sallyport-Withhold} != null\`
					request_header @withheld -Authorization
					request_header @withheld -DPoP
${serviceFields.map(requestField).join('\n')}
${clientFields.map(answerField).join('\n')}
				}
			}
			handle_response {
				route {
					@closing expression \`{http.reverse_proxy.header.Sallyport-Close} != null\`
					header @closing Connection close
					# Taken off as the answer goes out.
					header {
						-Sallyport-Status
						-Sallyport-Close
						-Keep-Alive
					}
					copy_response
				}
			}
		}
${site.upstreams.map(upstreamBlock).join('\n')}
		respond 503
	}

	handle_errors {
		# The decision could not be had: closed, never open.
		@undecided expression \`{http.error.status_code} >= 500 && {http.vars.sallyport_upstream} == null\`
		header @undecided Content-Type application/problem+json
		header @undecided Cache-Control no-store
		respond @undecided \`{"type":"about:blank","status":503,"title":"A check that this request must pass could not be made","code":"stage_unavailable","retryable":true}\` 503
	}
}`
}

function decisionAddress({ decisions: { over } }: Site): string {
  return 'socket' in over ? `unix/${over.socket}` : `https://${authorityOf(over)}`
}

function decisionTls({ decisions: { over } }: Site): string {
  if ('socket' in over) return ''
  return `				tls_client_auth ${over.certificateFile} ${over.keyFile}
				tls_trusted_ca_certs ${over.caFile}
				tls_server_name ${over.host}
				versions 1.1
`
}

function requestField(name: string): string {
  return `					request_header -${name}
					@has_${snake(name)} expression \`${placeholder(name)} != null\`
					request_header @has_${snake(name)} ${name} ${placeholder(name)}`
}

function answerField(name: string): string {
  return `					@has_${snake(name)} expression \`${placeholder(name)} != null\`
					header @has_${snake(name)} ${name} ${placeholder(name)}`
}

/** Caddy knows fields in the form that Go gives their names. */
function placeholder(name: string): string {
  const canonical = name.toLowerCase().replaceAll(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())
  return `{http.reverse_proxy.header.${canonical}}`
}

function upstreamBlock({
  name,
  targets,
  isTls,
  isHttp2,
  caFile,
  serverName,
}: SiteUpstream): string {
  const scheme = isTls ? 'https' : isHttp2 ? 'h2c' : 'http'
  const urls = targets.map(({ host, port }) => `${scheme}://${host}:${port}`).join(' ')
  const tls = isTls
    ? `
				tls
${caFile === undefined ? '' : `				tls_trusted_ca_certs ${caFile}\n`}${serverName === undefined ? '' : `				tls_server_name ${serverName}\n`}`
    : '\n'
  return `		@up_${name} vars {http.vars.sallyport_upstream} ${name}
		reverse_proxy @up_${name} ${urls} {
			flush_interval -1
			transport http {${tls}				dial_timeout 5s
			}
		}`
}

const snake = (name: string): string => name.toLowerCase().replaceAll('-', '_')
