import type { Address } from '../worker/messages.ts'
import type { DecisionFormName } from './decision-form.ts'

/** Who may ask for decisions. */
export type DecisionCallerPlan = {
  readonly name: string
  readonly form: DecisionFormName
  /**
   * DNS and URI names, one of which its certificate bears. Without any it is a caller on Unix sockets,
   * where the permissions of the socket say who that is.
   */
  readonly names: readonly string[] | undefined
}

/** An address that callers reach over mutual TLS. All PEM. */
export type DecisionTlsPlan = {
  readonly address: Address
  readonly certificate: string
  readonly key: string
  readonly callerCa: string
}

/** Where and by whom the gateway is asked for decisions on requests that it does not forward. */
export type DecisionsPlan = {
  /** Unix sockets, absolute paths; dealt out to the workers in turn. */
  readonly sockets: readonly string[]
  /** Every worker listens on each. */
  readonly tls: readonly DecisionTlsPlan[]
  readonly callers: readonly DecisionCallerPlan[]
  /** How long a decision may take, ms. */
  readonly answerMs: number
}
