import { builtInRoots, type AttestationPolicy, type TrustAnchor } from '@sallyport/attestation'
import {
  type AppConfig,
  type AttestationConfig,
  type AuthorityConfig,
  attestationPolicies,
  readDevelopmentRoots,
} from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'

/** What an app of the configuration file asks of evidence, and the roots that its evidence may end at. */
export type ConfiguredApp = {
  readonly policy: AttestationPolicy
  /** Of Android: those that are pinned; where it takes development devices, those of development too. */
  readonly google: readonly TrustAnchor[]
  readonly development: readonly TrustAnchor[]
}

/** @throws Problem `command_usage` where there is no such app; `config_unreadable`, `config_invalid` */
export function readConfiguredApp(input: Input, appId: string): ConfiguredApp {
  const file = loadConfig(locateConfig(input))
  const { apps = {}, attestation } = file.value as Partial<AuthorityConfig>
  const app = Object.hasOwn(apps, appId) ? apps[appId] : undefined
  if (app === undefined || attestation === undefined) {
    throw new Problem('command_usage', {
      detail: '--app names an app that the configuration does not have',
      expected: Object.keys(apps).join(', ') || 'a configuration with apps',
      found: appId,
    })
  }
  try {
    return configuredApp(file.directory, { appId, app, attestation })
  } catch (error) {
    throw file.placed(error)
  }
}

function configuredApp(
  directory: string,
  { appId, app, attestation }: { appId: string; app: AppConfig; attestation: AttestationConfig },
): ConfiguredApp {
  const { android, insecureDevelopmentRoots } = attestation
  return {
    policy: attestationPolicies(directory, { [appId]: app }).get(appId) ?? {},
    google: builtInRoots.google.filter(({ spkiSha256 }) => android.rootKeys.includes(spkiSha256)),
    development: app.insecureDevelopmentDevices
      ? readDevelopmentRoots(directory, insecureDevelopmentRoots)
      : [],
  }
}
