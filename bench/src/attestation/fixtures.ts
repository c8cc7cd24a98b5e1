import { fileURLToPath } from 'node:url'

/** Attestations of real phones, where the tests of the verifiers have them. */
export const fixtures = fileURLToPath(
  new URL('../../../../packages/attestation/test/fixtures', import.meta.url),
)
