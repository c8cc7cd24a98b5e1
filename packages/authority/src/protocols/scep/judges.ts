import type { AuthorityConfig } from '../../config/authority-config.ts'
import { type ChallengeJudge, tokenJudge } from './admit-challenge.ts'
import { mdmCredentialJudge } from './mdm-credential.ts'

/** Who judges the challenges of an app, in the order that they are asked. */
export type Judges = {
  of(config: AuthorityConfig, appId: string): readonly ChallengeJudge[]
}

/** What is ours is known by its form, and asked of nobody else. */
const own: readonly ChallengeJudge[] = [tokenJudge, mdmCredentialJudge]

export function createJudges(): Judges {
  return { of: () => own }
}
