/** What is asked of Managed Device Attestation. A member that is not there is not asked for. */
export type ManagedDevicePolicy = {
  readonly serialNumbers?: readonly string[]
  readonly udids?: readonly string[]
  /** As `18.2`. */
  readonly minimumOsVersion?: string
  /** A Mac has System Integrity Protection on and full security of boot. */
  readonly requireSecureBoot?: boolean
}
