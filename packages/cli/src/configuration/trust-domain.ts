import type { Section } from '@sallyport/config'
import { trustDomainPattern } from '@sallyport/wire'
import Type from 'typebox'

/** The name that all identities of a deployment stand under. Every role reads it. */
export const trustDomainSection: Section = {
  key: 'trustDomain',
  required: true,
  schema: Type.String({
    pattern: trustDomainPattern,
    description: 'The name that all identities of this deployment stand under, such as example.com',
  }),
}
