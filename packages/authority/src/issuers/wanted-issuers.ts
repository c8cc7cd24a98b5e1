import type { AppConfig } from '../config/app-config.ts'
import type { ProtocolsConfig } from '../protocols/protocols-config.ts'
import type { IssuerScope } from '../signer/key-names.ts'

/**
 * The issuing CAs that a configuration needs: one an app, one more where it has development devices, and
 * one for each lane of what enrols and proves nothing.
 */
export function wantedIssuers(
  apps: Readonly<
    Record<
      string,
      Pick<AppConfig, 'insecureDevelopmentDevices'> & Partial<Pick<AppConfig, 'protocols'>>
    >
  >,
): IssuerScope[] {
  return Object.entries(apps).flatMap(([appId, app]) => [
    { appId, kind: 'device' as const, lane: '' },
    ...(app.insecureDevelopmentDevices ? [{ appId, kind: 'development' as const, lane: '' }] : []),
    ...lanesOf(app.protocols).map((lane) => ({ appId, kind: 'unattested' as const, lane })),
  ])
}

function lanesOf(protocols: ProtocolsConfig = {}): string[] {
  return [...new Set(Object.values(protocols).map(({ lane }) => lane))]
}
