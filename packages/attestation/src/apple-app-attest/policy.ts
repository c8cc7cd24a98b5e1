/** What an app asks of App Attest. A member that is not there is not asked for. */
export type AppAttestPolicy = {
  /** `TEAMID.bundle.id`; one of them. */
  readonly appIds?: readonly string[]
  readonly environments?: readonly ('production' | 'development')[]
  /** `apple_validation_category_01`, where the phone tells it (iOS 27): one of these numbers. */
  readonly validationCategories?: readonly number[]
  /** `apple_bundle_version_01`, where the phone tells it (iOS 27): as `1284` or `1.4.2`, or later. */
  readonly minimumBundleVersion?: string
}
