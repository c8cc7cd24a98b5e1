import type { Connection } from '../edge/connection.ts'
import type { Caller } from '../pipeline/caller.ts'
import { cutOff } from './ended-tokens.ts'
import type { EndedConnections } from './messages.ts'

/**
 * Ends the requests of a proxy's connection whose own callers are concerned: the connection is the
 * proxy's, which speaks for others over it as well, and stays where HTTP/2 lets it.
 *
 * @param ended counts what ends
 */
export function endCallers(
  connection: Connection,
  isConcerned: (caller: Caller) => boolean,
  ended: EndedConnections,
): void {
  if (connection.listener.hop === undefined) return
  for (const request of connection.requests) {
    const { caller, isUpgrade } = request
    // What is refused already is on its way.
    if (request.refusal !== undefined || !caller.hasCertificate || !isConcerned(caller)) continue
    ended[isUpgrade ? 'webSocket' : connection.kind]++
    cutOff(connection, request)
  }
}
