import type { TLSSocket } from 'node:tls'
import type { DecisionCallerPlan } from './decisions-plan.ts'

/** Who stands at the other end of a connection: the names of its certificate, or a Unix socket. */
export type DecisionPeer = { readonly names: ReadonlySet<string> | undefined }

/** Whoever may open the socket: its mode says who that is. */
export const socketPeer: DecisionPeer = { names: undefined }

export function tlsPeer(socket: TLSSocket): DecisionPeer {
  return { names: namesOf(socket.getPeerX509Certificate()?.subjectAltName) }
}

/** The callers that a peer can be. */
export function callersOf(
  peer: DecisionPeer,
  callers: readonly DecisionCallerPlan[],
): DecisionCallerPlan[] {
  return callers.filter(({ names }) =>
    peer.names === undefined
      ? names === undefined
      : names?.some((name) => peer.names?.has(name)) === true,
  )
}

/** DNS and URI names. Those with a comma or quote in them come quoted from node, and are nobody's here. */
export function namesOf(subjectAltName = ''): Set<string> {
  const names = new Set<string>()
  for (const entry of subjectAltName.split(', ')) {
    const name = /^(?:DNS|URI):([^"\s]+)$/.exec(entry)?.[1]
    if (name !== undefined) names.add(name)
  }
  return names
}
