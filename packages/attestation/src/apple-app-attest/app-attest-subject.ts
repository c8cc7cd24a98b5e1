import type { Assurance } from '@sallyport/wire'
import { type CheckRow, holds } from '../check-table.ts'
import type { AuthenticatorData } from './authenticator-data.ts'
import type { AppAttestEnvironment } from './environment.ts'
import type { AppAttestPolicy } from './policy.ts'

/** What attestations and assertions have in common. */
export type AppAttestSubject = {
  readonly authenticatorData: AuthenticatorData
  /** After the object, or after everything in the authenticator data that is known. */
  readonly trailingBytes: number
  /** Undefined: of none that is known. */
  readonly environment: AppAttestEnvironment | undefined
  readonly policy: AppAttestPolicy
  readonly minimumAssurance: Assurance | undefined
}

/** All that App Attest can ever prove of a key that does TLS. */
export const provenByAppAttest: Assurance = 'app-attested'

/** Of both. What nobody has a word for may mean anything to the next reader. */
export const trailingBytesCheck: CheckRow<AppAttestSubject> = {
  name: 'trailingBytes',
  code: 'app_attest_trailing_bytes',
  kind: 'proof',
  run: ({ trailingBytes }) =>
    holds(trailingBytes === 0, 'nothing after what is known', `${trailingBytes} bytes`),
}
