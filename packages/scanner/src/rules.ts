// A pure table: every rule, by its stable id.
import { androidRules } from './android/android-rules.ts'
import { codeRules } from './dex/code-rules.ts'
import { endpointRules } from './endpoints/endpoint-rules.ts'
import { iosRules } from './ios/ios-rules.ts'
import { keyRules } from './keys/key-rules.ts'
import { pinRules } from './pinning/pin-rules.ts'
import type { Rule } from './rule.ts'
import { secretRules } from './secrets/secret-rules.ts'

/**
 * A rule has one severity, which a finding differs from only where the package says more. It tells what is gained by
 * whom, so that rules of all areas can stand in one list:
 *
 * | severity | who gains what | for instance |
 * |---|---|---|
 * | critical | whoever has the package passes for the app, or for its owner, at a server | `client-identity` |
 * | high | whoever has the package, stands on the network's path, holds the device unlocked or has an app on it gets secrets or data, and nothing else has to go wrong | `hardcoded-secret`, `cleartext-traffic`, `debuggable`, `exported-file-provider` |
 * | medium | the same, where something else has to go wrong first; or a protection, or the app itself, fails | `locked-keystore`, `world-readable-file`, `pin-backup-missing` |
 * | low | a second line of defence is missing, or only old platforms are concerned | `pinning-missing`, `backup-allowed` |
 * | info | nothing by itself: worth knowing, and never fails a build | `embedded-certificate` |
 *
 * Rated is what the package allows, whether or not it was seen to use it: addresses also come over the network. How
 * sure a finding is is told apart (`Confidence`), and lowers its severity only where it is tentative.
 */
export const rules = {
  ...keyRules,
  ...androidRules,
  ...pinRules,
  ...codeRules,
  ...iosRules,
  ...secretRules,
  ...endpointRules,
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof rules
