import { canonicalAddress } from '../addresses/network.ts'

const methodPattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/

/**
 * Holds what a proxy says of a request to what it can be: the method is a token (RFC 9110 §5.6.2), and
 * the client has an address, put in the one form that lists and limits go by. Whoever could write one address
 * in many ways, or a port behind it, would have a limit for each.
 *
 * Not checked: the target and the authority, which the stages judge.
 */
export function checkTold<Told extends { readonly method: string; readonly address: string }>(
  told: Told,
): Told | { readonly bad: string } {
  if (!methodPattern.test(told.method)) return { bad: 'the method is none' }
  const address = canonicalAddress(told.address)
  return address === undefined ? { bad: 'the address of the client is none' } : { ...told, address }
}
