import { assertionField } from '../assertion/sign-assertion.ts'
import { type FieldBlock, fieldBlock } from '../forward/field-block.ts'
import type { ForwardHeaders } from '../forward/request-headers.ts'
import type { LeafFields } from '../trust/presented-leaf.ts'
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
  const set = ['X-Request-Id', exchange.requestId, 'traceparent', trace.value]
  const assert = request.route?.assert
  if (assert !== undefined) set.push(assertionField, assert(request))
  return {
    set,
    block: callerBlock(request),
    strip: withheld(request.withholdsToken, !trace.isContinued),
    verifiedText: caller.presentedToken?.authorization,
  }
}

/** What is said of a caller, and of what it depends on besides the caller: for as long as these stand still. */
export type CallerBlock = {
  readonly device: LeafFields | undefined
  /** Value of Sallyport-User. */
  readonly user: string | undefined
  readonly block: FieldBlock
}

function callerBlock({ caller, device, token }: GatewayRequest): FieldBlock {
  const fields = device === undefined ? undefined : caller.currentLeaf()?.fields
  const user = token?.field
  const last = caller.saidBlock
  if (last !== undefined && last.device === fields && last.user === user) return last.block
  const said = [
    'Forwarded',
    caller.forwarded,
    'X-Forwarded-For',
    caller.address,
    'X-Forwarded-Proto',
    caller.scheme,
  ]
  if (fields !== undefined) {
    const { clientCert, clientCertChain, device: known } = fields
    said.push('Client-Cert', clientCert, 'Client-Cert-Chain', clientCertChain)
    said.push('Sallyport-Device', known)
  }
  if (user !== undefined) said.push('Sallyport-User', user)
  const block = fieldBlock(said)
  caller.saidBlock = { device: fields, user, block }
  return block
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
