/** What was looked at. */
export type About =
  | { readonly kind: 'file' | 'live' }
  /** `target`: what one platform is given of the pins, where that is not all of them. */
  | { readonly kind: 'next' | 'package' | 'target'; readonly name: string }

/**
 * `broken`: installed apps are locked out now, or unprotected. `will break`: they will be. `note`: worth knowing.
 * `not looked at`: nothing can be said.
 */
export type CheckOutcome = 'ok' | 'note' | 'will break' | 'broken' | 'not looked at'

export type CheckFinding = {
  readonly host: string
  readonly outcome: CheckOutcome
  readonly about: About
  /** One line, without a full stop. */
  readonly what: string
  readonly fix?: string
}
