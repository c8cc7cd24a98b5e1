import { isIP } from 'node:net'
import { readerNote, type Site, type SiteHost, type SiteUpstream } from './site.ts'

// One address after another is tried until one answers.
const byName = 'type: LOGICAL_DNS\n      dns_lookup_family: ALL'

/** envoy.yaml, whole: ext_authz over gRPC decides on each request. For Envoy 1.29 and later. */
export function envoyConfig(site: Site): string {
  return `# Made by \`sallyport integrate envoy\`. Envoy ends TLS and forwards; Sallyport decides each request.
${readerNote(site.decisions.over, 'Envoy runs')}
overload_manager:
  resource_monitors:
    - name: envoy.resource_monitors.global_downstream_max_connections
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
        max_active_downstream_connections: 20000
static_resources:
  listeners:
    - name: sallyport
      address: { socket_address: { address: "${site.listen.host}", port_value: ${site.listen.port} } }
      per_connection_buffer_limit_bytes: 32768
      listener_filters:
        - name: envoy.filters.listener.tls_inspector
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector }
      filter_chains:
${site.hosts.map((host) => filterChain(site, host)).join('\n')}
  clusters:
    - name: sallyport_decisions
      ${'socket' in site.decisions.over ? 'type: STATIC' : byName}
      connect_timeout: 1s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
${decisionTls(site)}      load_assignment:
        cluster_name: sallyport_decisions
        endpoints:
          - lb_endpoints:
              - endpoint: { address: ${decisionAddress(site)} }
${site.upstreams.map(cluster).join('\n')}
`
}

function filterChain(site: Site, host: SiteHost): string {
  return `        - filter_chain_match: { server_names: ["${host.name}"] }
          transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              # A client without one is told so by Sallyport.
              require_client_certificate: false
              common_tls_context:
                alpn_protocols: [h2, http/1.1]
                tls_params: { tls_minimum_protocol_version: TLSv1_3 }
                tls_certificates:
                  - certificate_chain: { filename: "${host.certificateFile}" }
                    private_key: { filename: "${host.keyFile}" }
${
  host.asksForCertificate
    ? `                # Any certificate whose key the client holds: whether it is believed, and why not, Sallyport says.
                validation_context: { trust_chain_verification: ACCEPT_UNTRUSTED }
`
    : ''
}          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: sallyport
                codec_type: AUTO
                use_remote_address: true
                # What clients say of certificates is thrown away; the gateway says who calls.
                forward_client_cert_details: SANITIZE
                # A path that two could read differently is not for Envoy to mend: Sallyport refuses it.
                normalize_path: false
                stream_idle_timeout: 75s
                request_headers_timeout: 10s
                # These end what is open when a device is revoked, at the latest.
                common_http_protocol_options:
                  idle_timeout: 75s
                  max_connection_duration: 300s
                  max_stream_duration: 300s
                  headers_with_underscores_action: REJECT_REQUEST
                http2_protocol_options: { max_concurrent_streams: 100 }
                upgrade_configs: [{ upgrade_type: websocket }]
                http_filters:
                  - name: envoy.filters.http.ext_authz
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                      transport_api_version: V3
                      grpc_service:
                        envoy_grpc: { cluster_name: sallyport_decisions }
                        timeout: 3s
                      # The decision could not be had: closed, never open.
                      failure_mode_allow: false
                      status_on_error: { code: ServiceUnavailable }
                      include_peer_certificate: true
                      # Two Authorization fields must look like two.
                      encode_raw_headers: true
                      # The route decides where a request goes, in Sallyport as here.
                      clear_route_cache: true
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
                route_config:
                  virtual_hosts:
                    - name: "${host.name}"
                      domains: ["*"]
                      typed_per_filter_config:
                        envoy.filters.http.ext_authz:
                          "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute
                          # Caller and host stand here, where no client can change them.
                          check_settings: { context_extensions: { caller: ${site.decisions.caller}, host: ${host.name} } }
                      routes:
${site.upstreams.map(({ name }) => route(name)).join('\n')}
                        - match: { prefix: "/" }
                          direct_response: { status: 503 }`
}

function decisionAddress({ decisions: { over } }: Site): string {
  if ('socket' in over) return `{ pipe: { path: "${over.socket}" } }`
  return `{ socket_address: { address: "${over.host}", port_value: ${over.port} } }`
}

function decisionTls({ decisions: { over } }: Site): string {
  if ('socket' in over) return ''
  const kind = isIP(over.host) === 0 ? 'DNS' : 'IP_ADDRESS'
  return `      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
${kind === 'DNS' ? `          sni: "${over.host}"\n` : ''}          common_tls_context:
            alpn_protocols: [h2]
            tls_params: { tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_3 }
            tls_certificates:
              - certificate_chain: { filename: "${over.certificateFile}" }
                private_key: { filename: "${over.keyFile}" }
            validation_context:
              trusted_ca: { filename: "${over.caFile}" }
              match_typed_subject_alt_names: [{ san_type: ${kind}, matcher: { exact: "${over.host}" } }]
`
}

function route(name: string): string {
  return `                        - match: { prefix: "/", headers: [{ name: sallyport-upstream, string_match: { exact: "${name}" } }] }
                          route: { cluster: "up_${name}", timeout: 0s }
                          request_headers_to_remove: [sallyport-upstream]`
}

function cluster({ name, targets, isTls, isHttp2, caFile, serverName }: SiteUpstream): string {
  const endpoints = targets.map(
    ({ host, port }) =>
      `              - endpoint: { address: { socket_address: { address: "${host}", port_value: ${port} } } }`,
  )
  return `    - name: "up_${name}"
      type: STRICT_DNS
      connect_timeout: 5s
${
  isHttp2
    ? `      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
`
    : ''
}${isTls ? upstreamTls(caFile, serverName ?? targets[0]?.host ?? '') : ''}      load_assignment:
        cluster_name: "up_${name}"
        endpoints:
          - lb_endpoints:
${endpoints.join('\n')}`
}

function upstreamTls(caFile: string | undefined, name: string): string {
  const ca = caFile ?? '/etc/ssl/certs/ca-certificates.crt'
  return `      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: "${name}"
          common_tls_context:
            validation_context:
              trusted_ca: { filename: "${ca}" }
              match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: "${name}" } }]
`
}
