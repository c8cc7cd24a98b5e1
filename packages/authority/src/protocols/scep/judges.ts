import { resolvePath } from '@sallyport/config'
import { configProblem } from '@sallyport/problem'
import type { AuthorityConfig } from '../../config/authority-config.ts'
import { secretLineOf } from '../../passphrase.ts'
import { type ChallengeJudge, tokenJudge } from './admit-challenge.ts'
import { intuneJudge } from './intune-judge.ts'
import { mdmCredentialJudge } from './mdm-credential.ts'
import type { ScepConfig } from './scep-config.ts'
import { staticJudge } from './static-judge.ts'
import { webhookJudge } from './webhook-judge.ts'

/** Who judges the challenges of each app, in the order that they are asked. */
export type AppJudges = ReadonlyMap<string, readonly ChallengeJudge[]>

/** Who judges, as the configuration is now. */
export type Judges = { of(config: AuthorityConfig, appId: string): readonly ChallengeJudge[] }

/** What is ours is known by its form, and asked of nobody else. */
const own: readonly ChallengeJudge[] = [tokenJudge, mdmCredentialJudge]

/** What an HMAC is to be keyed with, and what nobody is to guess. */
const leastWebhookSecret = 32
const leastStaticChallenge = 16

export function createJudges(directory: string): Judges {
  const read = new WeakMap<AuthorityConfig, AppJudges>()
  return {
    of(config, appId) {
      const judges = read.get(config) ?? readJudges(directory, config)
      read.set(config, judges)
      return judges.get(appId) ?? []
    },
  }
}

/**
 * Reads the secrets that judging takes. Nobody is asked yet.
 *
 * @throws Problem `config_invalid`, and those of `secretLineOf`
 */
export function readJudges(directory: string, { apps }: Pick<AuthorityConfig, 'apps'>): AppJudges {
  return new Map(
    Object.entries(apps).flatMap(
      ([
        appId,
        {
          protocols: { scep },
        },
      ]) =>
        scep === undefined ? [] : [[appId, [...own, ...othersOf(directory, appId, scep)]] as const],
    ),
  )
}

function othersOf(directory: string, appId: string, scep: ScepConfig): ChallengeJudge[] {
  const path = ['apps', appId, 'protocols', 'scep']
  const secret = (file: string, member: readonly string[], least: number): string => {
    const text = secretLineOf(resolvePath(directory, file), [...path, ...member])
    if (text.length >= least) return text
    throw configProblem('config_invalid', [...path, ...member], 'the secret is too short', {
      expected: `at least ${least} characters`,
      found: `${text.length}`,
    })
  }
  const { webhook, intune } = scep.challenge ?? {}
  const judges: ChallengeJudge[] = []
  if (scep.insecureStaticChallengeFile !== undefined) {
    const member = ['insecureStaticChallengeFile']
    const text = secret(scep.insecureStaticChallengeFile, member, leastStaticChallenge)
    judges.push(staticJudge(text))
  }
  if (webhook !== undefined) {
    const member = ['challenge', 'webhook', 'secretFile']
    judges.push(webhookJudge(webhook, secret(webhook.secretFile, member, leastWebhookSecret)))
  }
  if (intune !== undefined) {
    const member = ['challenge', 'intune', 'clientSecretFile']
    judges.push(intuneJudge(intune, secret(intune.clientSecretFile, member, 1)))
  }
  return judges
}
