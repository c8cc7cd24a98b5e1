/** What is asked of Managed Device Attestation. A member that is not there is not asked for. */
export type ManagedDevicePolicy = {
  readonly serialNumbers?: readonly string[]
  readonly udids?: readonly string[]
  /** Apple leaves serial number and UDID out of what a person's own phone (User Enrollment) attests. */
  readonly requireIdentity?: boolean
  /** As `18.2`. */
  readonly minimumOsVersion?: string
  /**
   * A Mac has System Integrity Protection on, full security of boot and no kernel extensions of
   * others. iPhones, iPads and the like have no such settings, and pass where Apple tells what they are.
   */
  readonly requireSecureBoot?: boolean
}
