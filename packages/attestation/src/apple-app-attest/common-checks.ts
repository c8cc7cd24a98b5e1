import { isAtLeast, type Assurance } from '@sallyport/wire'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import { bundleVersionOf, validationCategoryOf, validationCategoryText } from './appended-claims.ts'
import type { AuthenticatorData } from './authenticator-data.ts'
import { isVersionAtLeast } from './bundle-version.ts'
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

export const trailingBytesCheck: CheckRow<AppAttestSubject> = {
  name: 'trailingBytes',
  code: 'app_attest_trailing_bytes',
  kind: 'proof',
  run: ({ trailingBytes }) =>
    holds(trailingBytes === 0, 'nothing after what is known', `${trailingBytes} bytes`),
}

/** What policy asks of both, in the order in which a result lists them. */
export const policyChecks: readonly CheckRow<AppAttestSubject>[] = [
  {
    name: 'environmentAllowed',
    code: 'app_attest_environment_not_allowed',
    kind: 'policy',
    run: ({ environment, policy: { environments } }) =>
      environments === undefined
        ? unchecked(environment ?? 'unknown')
        : holds(
            environment !== undefined && environments.includes(environment),
            oneOf(environments),
            environment ?? 'unknown',
          ),
  },
  {
    name: 'validationCategory',
    code: 'app_attest_validation_category_not_allowed',
    kind: 'policy',
    run: ({ authenticatorData: { appended }, policy: { validationCategories } }) => {
      const category = validationCategoryOf(appended)
      if (category === undefined)
        return unchecked('not told', expectedCategories(validationCategories))
      const found = validationCategoryText(category)
      return validationCategories === undefined
        ? unchecked(found)
        : holds(
            validationCategories.includes(category),
            expectedCategories(validationCategories),
            found,
          )
    },
  },
  {
    name: 'bundleVersion',
    code: 'app_attest_bundle_version_too_low',
    kind: 'policy',
    run: ({ authenticatorData: { appended }, policy: { minimumBundleVersion } }) => {
      const version = bundleVersionOf(appended)
      if (minimumBundleVersion === undefined) return unchecked(version ?? 'not told')
      const expected = `${minimumBundleVersion} or later, where it is told`
      return version === undefined
        ? unchecked('not told', expected)
        : holds(isVersionAtLeast(version, minimumBundleVersion), expected, version)
    },
  },
  {
    name: 'assurance',
    code: 'attestation_assurance_too_low',
    kind: 'policy',
    run: ({ minimumAssurance }) =>
      minimumAssurance === undefined
        ? unchecked(provenByAppAttest)
        : holds(
            isAtLeast(provenByAppAttest, minimumAssurance),
            `${minimumAssurance} or more`,
            `${provenByAppAttest}: where the key of the certificate lives is not proven`,
          ),
  },
]

const oneOf = (values: readonly string[]): string => values.join(' or ')

const expectedCategories = (categories: readonly number[] | undefined): string =>
  categories === undefined
    ? 'not asked for'
    : `${oneOf(categories.map((category) => validationCategoryText(category)))}, where it is told`
