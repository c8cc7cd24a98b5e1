import { pass, type Refusal, type Stage } from '../pipeline/stage.ts'

const several: Refusal = {
  code: 'request_malformed',
  check: 'host-header',
  expected: 'one Host field',
  found: 'several',
  endsConnection: true,
}
const missing: Refusal = {
  code: 'request_malformed',
  check: 'host-header',
  expected: 'a Host field',
  found: 'none',
  endsConnection: true,
}

/**
 * Whether a request is for the host that its connection was made for. Two hosts of one gateway may
 * have different certificate modes; without this check a connection to the lax one would reach the strict one
 * (RFC 9110 §7.4, RFC 9113 §9.1.1).
 */
export const hostStage: Stage<undefined> = {
  name: 'host',
  appliesTo: () => true,
  compile: () => (request) => {
    const { exchange, caller } = request
    const { authority } = exchange
    const fields = exchange.headerCount('host')
    if (fields > 1) return several
    if (authority === undefined) return missing
    // The same text as the last time, on nearly every request of a connection.
    if (authority !== caller.acceptedAuthority) {
      if (!isAuthorityOf(authority, request.host.plan.name, caller.serverName === undefined)) {
        return misdirected(request.host.plan.name, authority)
      }
      caller.acceptedAuthority = authority
    }
    // RFC 9113 §8.3.1: a Host field beside :authority must not say anything else.
    if (fields === 1 && exchange.httpVersion === '2' && exchange.header('host') !== authority) {
      return misdirected(authority, exchange.header('host') ?? '')
    }
    return pass
  },
}

/** Compares without port and case. Who connects without naming a host may ask for an address. */
function isAuthorityOf(authority: string, name: string, isUnnamed: boolean): boolean {
  const asked = authority.replace(/:\d{0,5}$/, '').toLowerCase()
  return asked === name || asked === `${name}.` || (isUnnamed && isAddress.test(asked))
}

const isAddress = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/

function misdirected(expected: string, found: string): Refusal {
  return {
    code: 'misdirected_request',
    check: 'authority',
    expected,
    found: found.slice(0, 300),
  }
}
