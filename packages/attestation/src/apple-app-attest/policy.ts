/** What an app asks of App Attest. A member that is not there is not asked for. */
export type AppAttestPolicy = {
  /** `TEAMID.bundle.id`; one of them. */
  readonly appIds?: readonly string[]
  readonly environments?: readonly ('production' | 'development')[]
  /** `apple_validation_category_01`, where the phone tells it: one of these numbers. */
  readonly validationCategories?: readonly number[]
}
