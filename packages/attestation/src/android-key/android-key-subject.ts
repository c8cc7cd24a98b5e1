import type { Assurance } from '@sallyport/wire'
import type { ChainSubject } from '../chain/chain-checks.ts'
import type { TrustMaterial } from '../trust.ts'
import type { AttestedKey } from './attested-key.ts'
import type { ChainShape } from './chain-shape.ts'
import type { KeyDescription } from './key-description.ts'
import type { AndroidKeyPolicy } from './policy.ts'

/** What the checks look at: everything of the evidence that was read, and what it is judged by. */
export type AndroidKeySubject = ChainSubject & {
  readonly shape: ChainShape
  /** Positions of the certificates that carry a KeyDescription. */
  readonly described: readonly number[]
  /** The leaf's. */
  readonly description: KeyDescription | undefined
  /** That of certificate 1, where it has one: of a key of the phone that attests others. */
  readonly attester: KeyDescription | undefined
  readonly key: AttestedKey
  /** DER SubjectPublicKeyInfo of the leaf. */
  readonly attestedSpki: Uint8Array
  readonly challenge: Uint8Array | undefined
  readonly spki: Uint8Array | undefined
  readonly trust: TrustMaterial['android']
  readonly policy: AndroidKeyPolicy
  readonly minimumAssurance: Assurance | undefined
}

/** A subject whose leaf has a KeyDescription. */
export type DescribedSubject = AndroidKeySubject & { readonly description: KeyDescription }

export const isDescribed = (subject: AndroidKeySubject): subject is DescribedSubject =>
  subject.description !== undefined
