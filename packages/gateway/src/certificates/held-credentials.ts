import { createSecureContext, type SecureContext } from 'node:tls'
import type { Credentials } from './credentials.ts'

/** The credentials that a worker has now, and what answers a CA. */
export class HeldCredentials {
  #current: Credentials
  #challenges: ReadonlyMap<string, SecureContext>

  constructor(credentials: Credentials) {
    this.#current = credentials
    this.#challenges = contexts(credentials)
  }

  get current(): Credentials {
    return this.#current
  }

  take(credentials: Credentials): void {
    this.#current = credentials
    this.#challenges = contexts(credentials)
  }

  /** What proves to a CA that we hold a name; undefined where no order for it is open. */
  readonly challengeFor = (serverName: string): SecureContext | undefined =>
    this.#challenges.get(serverName)
}

function contexts({ challenges }: Credentials): ReadonlyMap<string, SecureContext> {
  return new Map(
    Object.entries(challenges).map(([name, { certificate, key }]) => [
      name,
      createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' }),
    ]),
  )
}
