import type { AppConfig } from '../config/app-config.ts'
import type { IssuerScope } from '../signer/key-names.ts'

/** The issuing CAs that a configuration needs: one an app, and one more where it has development devices. */
export function wantedIssuers(
  apps: Readonly<Record<string, Pick<AppConfig, 'insecureDevelopmentDevices'>>>,
): IssuerScope[] {
  return Object.entries(apps).flatMap(([appId, app]) => [
    { appId, kind: 'device' as const, lane: '' },
    ...(app.insecureDevelopmentDevices ? [{ appId, kind: 'development' as const, lane: '' }] : []),
  ])
}
