import type { Assurance } from '@sallyport/wire'
import type { KeyDescription } from './key-description.ts'
import type { SecurityLevel } from './key-mint-values.ts'

const assuranceByLevel: Readonly<Record<SecurityLevel, Assurance>> = {
  SOFTWARE: 'unattested',
  TRUSTED_ENVIRONMENT: 'tee',
  STRONG_BOX: 'strongbox',
}

/** What a description is worth, if all of it is proven. Software proves nothing of itself. */
export const assuranceOf = ({ keyMintSecurityLevel }: KeyDescription): Assurance =>
  assuranceByLevel[keyMintSecurityLevel]
