import type { AuthorityConfig } from '../config/authority-config.ts'

/** What a signer signs at most: of the configuration that it reads itself. */
export type SignerBounds = {
  readonly trustDomain: string
  readonly apps: Readonly<Record<string, SignedApp>>
  /** DNS names and addresses of servers; `*.example.com` is any name one label below. */
  readonly serverNames: readonly string[]
  /** Claim `iss` of tokens, and how long each lives at most. */
  readonly tokens: readonly { readonly issuer: string; readonly lifetimeMinutes: number }[]
  /** Under which addresses the status of certificates is published; undefined where it is not. */
  readonly statusUrl?: string | undefined
}

export type SignedApp = {
  readonly insecureDevelopmentDevices: boolean
  /** Without it nothing is issued to devices: as long as an authority is made. */
  /** What enrols by them and proves nothing has keys of these kinds. */
  readonly protocols?: Readonly<
    Record<string, { readonly keyKinds: readonly string[]; readonly insecureDes?: boolean }>
  >
  readonly certificate?: { readonly lifetimeDays: number; readonly keyKinds: readonly string[] }
}

/** The bounds that a configuration draws. */
export function signerBoundsOf({
  trustDomain,
  apps,
  authority,
}: Pick<AuthorityConfig, 'trustDomain' | 'apps' | 'authority'>): SignerBounds {
  return {
    trustDomain,
    apps,
    serverNames: Object.values(apps).flatMap((app) => app.protocols.acme?.serviceNames ?? []),
    tokens: Object.values(authority.tokenExchange),
    statusUrl: authority.status?.url,
  }
}
