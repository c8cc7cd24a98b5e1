import type { ClientBase } from 'pg'

/** Of one connection: what the server keeps for each is some ten kilobytes. */
const maxPrepared = 300
const maxSeen = 1_000
/** A longer one is a list of many values. */
const maxLength = 4_000

type Known = {
  readonly names: Map<string, string>
  readonly seen: Set<string>
  isOver: boolean
}
const ofClients = new WeakMap<ClientBase, Known>()

/**
 * The name that a statement is prepared under on a connection, from its second use on: planning anew is half of what an enrolment costs the
 * server. PostgreSQL itself goes on planning where a plan for any parameters would be a worse one (`plan_cache_mode = auto`).
 *
 * @returns nothing where it is used once, or there are too many already: it is planned each time then
 */
export function preparedName(client: ClientBase, text: string): { name?: string } {
  if (text.length > maxLength) return {}
  const { names, seen, isOver } = knownOf(client)
  if (isOver) return {}
  const known = names.get(text)
  if (known !== undefined) return { name: known }
  if (names.size === maxPrepared) return {}
  if (!seen.delete(text)) {
    if (seen.size === maxSeen) seen.clear()
    seen.add(text)
    return {}
  }
  const name = `sallyport_${names.size}`
  names.set(text, name)
  return { name }
}

/** From now on this connection plans each time. */
export function prepareNoMore(client: ClientBase): void {
  knownOf(client).isOver = true
}

function knownOf(client: ClientBase): Known {
  const known = ofClients.get(client) ?? { names: new Map(), seen: new Set(), isOver: false }
  ofClients.set(client, known)
  return known
}
