import { configProblem } from '@sallyport/problem'
import { checkAcmeConfig } from '../protocols/acme/acme-config.ts'
import type { AppConfig } from './app-config.ts'
import type { AuthorityConfig } from './authority-config.ts'
import { checkAttestationConfig } from './check-attestation-config.ts'
import { checkScepConfig } from '../protocols/scep/scep-config.ts'
import { checkReceiptsConfig } from './receipts-config.ts'
import { checkSessionsConfig } from './sessions-config.ts'
import { checkSignIn } from './sign-in-config.ts'
import { checkStatusConfig } from './status-config.ts'
import { checkStoreConfig } from './store-config.ts'
import { checkTokenExchange } from './token-exchange-config.ts'
import { checkUserConfig } from './user-config.ts'
import { checkWebhooks } from '../webhooks/webhook-config.ts'

/**
 * What a schema cannot say of a configuration.
 *
 * @throws Problem `config_invalid` where an app would enrol whoever asks, or nobody, or asks for users of nobody
 */
export function checkConfig(config: AuthorityConfig): void {
  checkStoreConfig(config.store)
  for (const [appId, app] of Object.entries(config.apps)) {
    checkUserConfig(appId, app, config.identityProviders)
    checkAcmeConfig(appId, app)
    if (!isOpen(app)) continue
    const path = ['apps', appId, 'enrollment']
    throw configProblem('config_invalid', path, 'whoever asks would be enrolled', {
      expected:
        'evidence, enrollmentToken: required, approval: required, or user: { mode: required }',
      found: 'none of them',
    })
  }
  checkAttestationConfig(config.apps)
  checkSessionsConfig(config.authority.sessions, config.identityProviders)
  checkTokenExchange({ ...config, ...config.authority })
  checkDevelopmentRoots(config)
  checkReceiptsConfig(config.attestation.apple.receipts, config.apps)
  checkStatusConfig(config)
  checkSignIn(config.authority.admin.signIn, config.apps)
  checkScepConfig(config)
  checkWebhooks(config)
}

/** Roots whose evidence proves nothing serve no one but apps that say so. */
function checkDevelopmentRoots({ apps, attestation }: AuthorityConfig): void {
  const takesDevelopment = Object.values(apps).some((app) => app.insecureDevelopmentDevices)
  if (takesDevelopment || attestation.insecureDevelopmentRoots.length === 0) return
  const path = ['attestation', 'insecureDevelopmentRoots']
  throw configProblem('config_invalid', path, 'no app takes development devices', {
    expected: 'an app with insecureDevelopmentDevices: true, or no development roots',
    found: attestation.insecureDevelopmentRoots.join(', '),
  })
}

/** Mode `shadow` lets everything pass too, but says so by its name. */
function isOpen({ enrollment }: AppConfig): boolean {
  return (
    enrollment.mode === 'enforce' &&
    enrollment.evidence.length === 0 &&
    enrollment.enrollmentToken !== 'required' &&
    enrollment.approval !== 'required' &&
    enrollment.user.mode !== 'required'
  )
}

/** What a running authority cannot take up. */
const fixed: readonly { name: string; of: (config: AuthorityConfig) => string }[] = [
  { name: 'authority.name', of: ({ authority }) => authority.name },
  { name: 'trustDomain', of: ({ trustDomain }) => trustDomain },
  { name: 'store', of: ({ store }) => store.path ?? JSON.stringify(store.postgres) },
  { name: 'authority.keys.directory', of: ({ authority }) => authority.keys.directory },
  {
    name: 'authority.keys.pkcs11',
    of: ({ authority }) => JSON.stringify(authority.keys.pkcs11 ?? null),
  },
  {
    name: 'authority.keys.vault',
    of: ({ authority }) => JSON.stringify(authority.keys.vault ?? null),
  },
  {
    name: 'authority.insecureSingleProcess',
    of: ({ authority }) => String(authority.insecureSingleProcess),
  },
  {
    name: 'authority.signer.socket',
    of: ({ authority }) => authority.signer.socket ?? 'beside the keys',
  },
  {
    name: 'authority.listeners.device.listen',
    of: ({ authority }) => authority.listeners.device.listen,
  },
  {
    name: 'authority.listeners.mtls.listen',
    of: ({ authority }) => authority.listeners.mtls?.listen ?? 'none',
  },
  {
    name: 'authority.listeners.admin.listen',
    of: ({ authority }) => authority.listeners.admin.listen,
  },
  {
    name: 'authority.listeners.operations.listen',
    of: ({ authority }) => authority.listeners.operations.listen,
  },
  {
    name: 'authority.listeners.status.listen',
    of: ({ authority }) => authority.listeners.status?.listen ?? 'none',
  },
]

/** @throws Problem `config_invalid` where something changed that needs a restart */
export function refuseFixedChanges(running: AuthorityConfig, next: AuthorityConfig): void {
  const changed = fixed.find(({ of }) => of(running) !== of(next))
  if (changed === undefined) return
  const path = changed.name.split('.')
  throw configProblem('config_invalid', path, 'it changed, and that needs a restart', {
    expected: changed.of(running),
    found: changed.of(next),
  })
}
