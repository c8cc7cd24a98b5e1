/** What the request of an enrolment brings beside its message. Nothing of it is kept. */
export type Presented = {
  /**
   * Reads the access token of a user, or undefined where there is none.
   *
   * @throws Problem `token_header_invalid`
   */
  accessToken: () => string | undefined
  /** The channel binding of its connection; undefined where that has none of its own. */
  connection: () => Uint8Array | undefined
}
