/**
 * Who asks: the device of the deployment, one of another CA, one that names ours and was signed by another
 * key (also one that has expired), or somebody without a certificate.
 */
export type Asker = 'device' | 'stranger' | 'forger' | 'expired' | 'nobody'

/** One request, and what its client sees. The same for every proxy. */
export type SharedCase = {
  readonly what: string
  readonly as: Asker
  readonly host?: string
  /** The Host field, where it is not the name that TLS was asked for. */
  readonly asks?: string
  readonly method?: string
  readonly path: string
  readonly fields?: readonly string[]
  readonly status: number
  readonly code?: string
  /** Of the answer, by lower-case name. */
  readonly headers?: Readonly<Record<string, RegExp>>
  /** What the service was asked and told. */
  readonly seen?: RegExp
  readonly notSeen?: RegExp
}

const problem = { 'content-type': /^application\/problem\+json$/, 'x-request-id': /^req_/ }

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** What every proxy must allow and deny, as its client sees it. */
export const sharedCases: readonly SharedCase[] = [
  {
    what: 'a device is served, and the service told which one',
    as: 'device',
    path: '/v1/account?id=%7e',
    status: 200,
    seen: /"url":"\/v1\/account\?id=%7e".*"client-cert":":[A-Za-z0-9+/=]+:".*"sallyport-device":"dev_/,
  },
  {
    what: 'what a client says of identities is taken off',
    as: 'device',
    path: '/v1/account',
    fields: [
      'Client-Cert: :Zm9yZ2Vk:',
      'Sallyport-User: forged',
      'Sallyport-Device: forged',
      'X-Forwarded-Client-Cert: forged',
      'X-Ssl-Client-Cert: forged',
      'X-Http-Method-Override: forged',
      'Sallyport-Upstream: forged',
      'Ssl-Client-Cert: forged',
    ],
    status: 200,
    seen: /"sallyport-device":"dev_/,
    notSeen: /forged|Zm9yZ2Vk/,
  },
  {
    what: 'POST is served where the route has it',
    as: 'device',
    method: 'POST',
    path: '/v1/account',
    fields: ['Content-Length: 2', '', '{}'],
    status: 200,
    seen: /"method":"POST"/,
  },
  {
    what: 'nobody is told what is missing',
    as: 'nobody',
    path: '/v1/account',
    status: 401,
    code: 'device_certificate_required',
    headers: { ...problem, 'www-authenticate': /^DeviceCertificate realm="api.test", error=/ },
  },
  {
    what: 'a device of another CA is refused',
    as: 'stranger',
    path: '/v1/account',
    status: 401,
    code: 'device_certificate_untrusted',
    headers: problem,
  },
  {
    what: 'a forged certificate is refused',
    as: 'forger',
    path: '/v1/account',
    status: 401,
    code: 'device_certificate_untrusted',
  },
  {
    what: 'an expired one too, whoever finds that out',
    as: 'expired',
    path: '/v1/account',
    status: 401,
    code: 'device_certificate_untrusted',
  },
  {
    what: 'a certificate that the client says it has is none',
    as: 'nobody',
    path: '/v1/account',
    fields: ['Client-Cert: :MIIB:', 'Ssl-Client-Cert: MIIB', 'X-Ssl-Client-Cert: MIIB'],
    status: 401,
    code: 'device_certificate_required',
  },
  {
    what: 'another host, path, method or address that the client names changes nothing',
    as: 'nobody',
    path: '/v1/account',
    fields: [
      'X-Forwarded-Host: open.test',
      'X-Forwarded-Uri: /',
      'X-Forwarded-Method: OPTIONS',
      'X-Forwarded-For: 192.0.2.1',
    ],
    status: 401,
    code: 'device_certificate_required',
  },
  {
    what: 'an unknown path is 404, with the problem',
    as: 'device',
    path: '/nothing',
    status: 404,
    code: 'route_not_found',
    headers: problem,
  },
  {
    what: 'another method is 405, with Allow',
    as: 'device',
    method: 'DELETE',
    path: '/v1/account',
    status: 405,
    code: 'method_not_allowed',
    headers: { ...problem, allow: /GET, POST/ },
  },
  {
    what: 'a path that can be read in two ways is refused, not mended',
    as: 'device',
    path: '/v1/../socket',
    status: 400,
  },
  {
    what: 'a WebSocket opens where the route has them',
    as: 'device',
    path: '/socket',
    fields: upgrade,
    status: 101,
  },
  {
    what: 'and nowhere else',
    as: 'device',
    path: '/v1/account',
    fields: upgrade,
    status: 400,
    code: 'request_upgrade_unsupported',
  },
  {
    what: 'a host without certificates serves everybody',
    as: 'nobody',
    host: 'open.test',
    path: '/v1/open',
    status: 200,
    notSeen: /sallyport-device/,
  },
  {
    what: 'a connection made for the lax host does not reach the strict one',
    as: 'nobody',
    host: 'open.test',
    asks: 'api.test',
    path: '/v1/account',
    status: 421,
  },
]
