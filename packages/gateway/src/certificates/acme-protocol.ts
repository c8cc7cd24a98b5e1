/** The one protocol that a CA speaks when it validates (RFC 8737 §6.2). */
export const acmeProtocol = 'acme-tls/1'

/** Whether a client is such a CA: it offers this protocol alone (RFC 8737 §3). */
export function asksForChallenge(alpnProtocols: readonly string[]): boolean {
  return alpnProtocols.length === 1 && alpnProtocols[0] === acmeProtocol
}
