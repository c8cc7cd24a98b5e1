// A pure table: where a request may not come from.
import type { Reason } from './reason.ts'

export const addressReasons = {
  address_blocked: {
    area: 'address',
    status: 403,
    title: 'Requests from this network are not taken',
    fix: 'The list or block that holds the address is in the decision: `sallyport explain`.',
    retryable: false,
  },
  forwarded_address_invalid: {
    area: 'address',
    status: 403,
    title: 'The proxy in front does not say where the request comes from',
    fix: 'The listener believes its proxy about the address of clients, and the field is missing or holds something else: see found in the decision, and have the proxy set the field that clientAddress names.',
    retryable: false,
  },
  forwarded_certificate_invalid: {
    area: 'address',
    status: 403,
    title: 'What the proxy in front says of the client certificate cannot be read',
    fix: 'The field is not of the form that clientCertificates.form of the listener names, came twice, or is too large: see found in the decision.',
    retryable: false,
  },
  hop_unauthenticated: {
    area: 'address',
    status: 403,
    title: 'The listener is for a proxy alone, and this one did not prove to be it',
    fix: 'The decision says which proof was missing: the certificate of the proxy, its shared secret, or its network. A client must not be able to reach this listener at all.',
    retryable: false,
  },
  handshake_proxy_header_invalid: {
    area: 'address',
    status: 0,
    title: 'The connection did not begin with a PROXY protocol header',
    fix: 'The listener demands one (proxyProtocol): turn it on at the balancer, version 1 or 2, or off here. What was found is in the record.',
    retryable: false,
  },
  handshake_proxy_refused: {
    area: 'address',
    status: 0,
    title: 'The connection comes from a network that this listener does not take any from',
    fix: 'Add the network of the balancer to the listener (proxyProtocol.from, or network.from of its hop); anyone else has no business there.',
    retryable: false,
  },
  handshake_address_blocked: {
    area: 'address',
    status: 0,
    title: 'The connection comes from a blocked network',
    fix: 'gateway.addresses closes connections from blocked networks before TLS; the list and its entry are in the record.',
    retryable: false,
  },
  handshake_too_many_connections: {
    area: 'address',
    status: 0,
    title: 'One address has as many connections as limits.maxConnectionsPerAddress allows',
    fix: 'Raise limits.maxConnectionsPerAddress where many phones share an address, as behind a carrier’s NAT; otherwise it did its work.',
    retryable: true,
  },
  handshake_hop_unauthenticated: {
    area: 'address',
    status: 0,
    title: 'The listener is for a proxy alone, and who connected did not prove to be it',
    fix: 'The proxy presents a certificate that a CA of hop.mutualTls.caFile issued, with one of its names: see expected and found in the record.',
    retryable: false,
  },
} as const satisfies Record<string, Reason>
