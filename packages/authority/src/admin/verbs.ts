/** What routes of the admin API do. A token can be narrowed to some, beside its role. */
export const verbs = [
  'read',
  /** Makes and revokes enrolment tokens. */
  'enroll',
  /** Decides enrolments that wait. */
  'approve',
  /** Suspends and resumes devices. */
  'suspend',
  /** Revokes devices and certificates. */
  'revoke',
  /** Ends access tokens of users. */
  'end-tokens',
  /** Ends blocks and waits. */
  'lift',
  /** Gateways, roots and status lists. */
  'operate',
  /** Decides what somebody else proposed. */
  'agree',
  /** Finds, exports and forgets users. */
  'privacy',
  /** Admin tokens, CAs, and whatever says nothing else. */
  'administer',
] as const
export type Verb = (typeof verbs)[number]

/** What a route does: without a word a GET reads, and anything else administers. */
export function verbOf(named: Verb | undefined, method: string): Verb {
  return named ?? (method === 'GET' ? 'read' : 'administer')
}
