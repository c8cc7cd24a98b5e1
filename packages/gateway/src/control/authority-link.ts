import type { AuthorityCredentials } from '../configuration/make-plan.ts'
import { AuthorityClient } from './authority-client.ts'

/** The client of the authority, for as long as the gateway lives: another one when it is reached otherwise. */
export class AuthorityLink {
  #credentials: AuthorityCredentials
  #client: AuthorityClient

  constructor(credentials: AuthorityCredentials) {
    this.#credentials = credentials
    this.#client = new AuthorityClient(credentials)
  }

  /** The client of now. Not to be kept. */
  readonly client = (): AuthorityClient => this.#client

  use(credentials: AuthorityCredentials): void {
    if (JSON.stringify(credentials) === JSON.stringify(this.#credentials)) return
    const before = this.#client
    this.#credentials = credentials
    this.#client = new AuthorityClient(credentials)
    // The feed breaks off with it, and comes back with the new credentials.
    before.close()
  }

  close(): void {
    this.#client.close()
  }
}
