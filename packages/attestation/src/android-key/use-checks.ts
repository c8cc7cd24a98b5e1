import { isAtLeast } from '@sallyport/wire'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import type { DescribedSubject } from './android-key-subject.ts'
import { assuranceOf } from './assurance.ts'
import type { AuthorizationList } from './authorization-list.ts'

/** How the key may be used, how the phone got its attesting key, and what all of it is worth. */
export const useChecks: readonly CheckRow<DescribedSubject>[] = [
  {
    name: 'userAuthentication',
    code: 'android_user_authentication_mismatch',
    kind: 'policy',
    run: ({ description: { hardwareEnforced }, policy: { userAuthentication } }) => {
      const found = authenticationText(hardwareEnforced)
      if (userAuthentication === undefined) return unchecked(found)
      return userAuthentication === 'required'
        ? holds(isUserAsked(hardwareEnforced), 'the user, for every use', found)
        : holds(hardwareEnforced.noAuthRequired === true, 'nobody, for any use', found)
    },
  },
  {
    name: 'remoteProvisioning',
    code: 'android_remote_provisioning_missing',
    kind: 'policy',
    run: ({ description, shape: { provisioning }, policy: { remoteProvisioningFrom: from } }) => {
      const { keyMintVersion } = description
      const found = `${provisioning ?? 'unknown'} provisioning, KeyMint ${keyMintVersion}`
      if (from === undefined) return unchecked(found)
      return holds(
        keyMintVersion < from || provisioning === 'remote',
        `remote provisioning from KeyMint ${from} on`,
        found,
      )
    },
  },
  {
    name: 'assurance',
    code: 'attestation_assurance_too_low',
    kind: 'policy',
    run: ({ description, minimumAssurance }) => {
      const found = assuranceOf(description)
      if (minimumAssurance === undefined) return unchecked(found)
      return holds(isAtLeast(found, minimumAssurance), `${minimumAssurance} or more`, found)
    },
  },
]

/** Whether hardware asks for the user each time: a time-out would let later uses pass without. */
function isUserAsked(list: AuthorizationList): boolean {
  return (
    list.noAuthRequired === undefined &&
    (list.userAuthType ?? 0) !== 0 &&
    (list.authTimeout ?? 0) === 0
  )
}

function authenticationText(list: AuthorizationList): string {
  if (list.noAuthRequired === true) return 'nobody, for any use'
  if (list.userAuthType === undefined) return 'not told'
  const timeout = list.authTimeout ?? 0
  return timeout === 0 ? 'the user, for every use' : `the user, once in ${timeout} seconds`
}
