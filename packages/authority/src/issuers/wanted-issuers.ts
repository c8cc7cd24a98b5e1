import type { AppConfig } from '../config/app-config.ts'
import type { WantedIssuer } from './ensure-issuers.ts'

/** The issuing CAs that a configuration needs: one an app, and one more where it has development devices. */
export function wantedIssuers(
  apps: Readonly<Record<string, Pick<AppConfig, 'insecureDevelopmentDevices'>>>,
): WantedIssuer[] {
  return Object.entries(apps).flatMap(([appId, app]) => [
    { appId, kind: 'device' as const },
    ...(app.insecureDevelopmentDevices ? [{ appId, kind: 'development' as const }] : []),
  ])
}
