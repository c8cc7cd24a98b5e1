import { isAtLeast } from '@sallyport/wire'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import { type AppAttestSubject, provenByAppAttest } from './app-attest-subject.ts'
import { bundleVersionOf, validationCategoryOf, validationCategoryText } from './appended-claims.ts'
import { isVersionAtLeast } from '../version-order.ts'

/** What policy asks of attestations and assertions, in the order in which a result lists them. */
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
