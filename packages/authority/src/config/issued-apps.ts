import type { AppConfig } from './app-config.ts'

/** The apps whose gateways know every certificate that was issued, and believe no other. */
export function issuedApps(
  apps: Readonly<Record<string, Pick<AppConfig, 'certificate'>>>,
): string[] {
  return Object.keys(apps).filter((id) => apps[id]?.certificate.status === 'issued')
}
