import { assertionField } from '../assertion/sign-assertion.ts'
import type { ForwardHeaders } from '../forward/request-headers.ts'
import type { GatewayRequest } from './gateway-request.ts'
import type { Host } from '../worker/host.ts'
import type { TraceParents } from './trace-parent.ts'

/**
 * What the gateway says to the service about a request: who calls, from where, under which ids. What
 * the client says in fields of these names is withheld by the forwarder.
 */
export function identityFields(
  request: GatewayRequest,
  traceParents: TraceParents,
): ForwardHeaders {
  const { caller, exchange } = request
  const trace = traceParents.next(exchange.header('traceparent'))
  const set = [
    'X-Request-Id',
    exchange.requestId,
    'traceparent',
    trace.value,
    'Forwarded',
    caller.forwarded,
    'X-Forwarded-For',
    caller.address,
    'X-Forwarded-Proto',
    caller.scheme,
  ]
  if (request.device !== undefined) {
    const leaf = caller.currentLeaf()
    if (leaf?.device !== undefined) {
      const { clientCert, clientCertChain, device } = leaf.fields
      set.push(
        'Client-Cert',
        clientCert,
        'Client-Cert-Chain',
        clientCertChain,
        'Sallyport-Device',
        device,
      )
    }
  }
  const assert = request.route?.assert
  if (assert !== undefined) set.push(assertionField, assert(request))
  if (request.token !== undefined) set.push('Sallyport-User', request.token.field)
  return { set, strip: withheld(request.withholdsToken, !trace.isContinued) }
}

function withheld(token: boolean, state: boolean): ForwardHeaders['strip'] {
  if (token) return state ? isTokenOrState : isToken
  return state ? isState : nothing
}

function isToken(lowerName: string): boolean {
  return lowerName === 'authorization' || lowerName === 'dpop'
}

// tracestate belongs to the trace that its traceparent names (W3C Trace Context §3.3).
function isState(lowerName: string): boolean {
  return lowerName === 'tracestate'
}

function isTokenOrState(lowerName: string): boolean {
  return isToken(lowerName) || isState(lowerName)
}

function nothing(): boolean {
  return false
}

/** RFC 7239 §4. The host is the one that the connection was made for, and every request on it is held to. */
export function forwardedField(from: {
  readonly address: string
  readonly host: Host
  readonly scheme: string
}): string {
  const { address, host, scheme } = from
  const node = address.includes(':') ? `"[${address}]"` : address
  return `for=${node};host="${host.plan.name}";proto=${scheme}`
}
