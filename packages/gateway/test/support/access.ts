import type { DeviceIdentity } from '@sallyport/pki'
import type { IdentityProvider, VerifiedToken } from '@sallyport/token'
import type { AccessSettings, RuleSettings } from '../../src/access/access-settings.ts'
import { compileGrants, type RoleTable } from '../../src/access/grants.ts'
import { GatewayRequest } from '../../src/pipeline/gateway-request.ts'
import type { Refusal, StageRuntime } from '../../src/pipeline/stage.ts'
import { accessStage } from '../../src/stages/access.ts'
import type { Host } from '../../src/worker/host.ts'

export const now = Date.parse('2026-11-20T10:00:00Z')

export type Asked = {
  readonly user?: Partial<VerifiedToken>
  readonly device?: Partial<DeviceIdentity>
  readonly parameters?: Readonly<Record<string, string>>
  readonly target?: string
  readonly at?: number
  readonly authorization?: string
}

export type Answer = { readonly rule: string | undefined; readonly refusal: Refusal | undefined }

/** The access stage with these rules, asked as a request would. */
export function access(
  rules: readonly RuleSettings[],
  options: { roles?: RoleTable; provider?: Pick<IdentityProvider, 'roles' | 'permissions'> } = {},
): (asked?: Asked) => Answer {
  const decide = prepared(rules, options)
  return (asked = {}) => {
    const request = requestOf(asked)
    const verdict = decide(request)
    if (verdict instanceof Promise) throw new TypeError('the access stage made a promise')
    return { rule: request.rule, refusal: verdict === 'pass' ? undefined : verdict }
  }
}

export function prepared(
  rules: readonly RuleSettings[],
  options: { roles?: RoleTable; provider?: Pick<IdentityProvider, 'roles' | 'permissions'> } = {},
): ReturnType<typeof accessStage.compile> {
  const grantsOf = compileGrants(options.roles ?? {}, { main: options.provider ?? {} })
  const settings: AccessSettings = { rules }
  return accessStage.compile(settings, { services: { grantsOf } } as unknown as StageRuntime)
}

export function requestOf(asked: Asked): GatewayRequest {
  const head = {
    httpVersion: '1.1' as const,
    method: 'GET',
    target: asked.target ?? '/v1/accounts/1',
    authority: 'api.example.com',
    rawHeaders: [],
    requestId: 'req_1',
    contentLength: 0,
    heldContent: undefined,
    readContent: () => Promise.resolve(undefined),
    header: (name: string) => (name === 'authorization' ? asked.authorization : undefined),
    headerCount: () => 0,
    addAnswerField: () => {},
    onDone: () => {},
  }
  const caller = { address: '192.0.2.1', currentLeaf: () => undefined }
  const host = { plan: { name: 'api.example.com' } } as unknown as Host
  const request = new GatewayRequest(head, caller as never, host, undefined)
  Object.assign(request, {
    at: asked.at ?? now,
    parameters: Object.assign(Object.create(null), asked.parameters),
    user: asked.user === undefined ? undefined : tokenOf(asked.user),
    device: asked.device === undefined ? undefined : deviceOf(asked.device),
  })
  return request
}

function tokenOf(members: Partial<VerifiedToken>): VerifiedToken {
  return {
    provider: 'main',
    issuer: 'https://idp.example.com',
    subject: 'ada',
    tokenId: undefined,
    session: undefined,
    clientId: 'app',
    scopes: [],
    confirmation: {},
    claims: {},
    issuedAt: now - 60_000,
    expiresAt: now + 240_000,
    authTime: now - 120_000,
    goodUntil: now + 240_000,
    ...members,
  }
}

function deviceOf(members: Partial<DeviceIdentity>): DeviceIdentity {
  return {
    deviceId: 'dev_1',
    appId: 'wallet',
    trustDomain: 'example.com',
    uri: 'spiffe://example.com/app/wallet/device/dev_1',
    assurance: 'tee',
    development: false,
    own: true,
    facts: {
      platform: 'android',
      appVersion: '4.2.0',
      osPatchLevel: '2026-09-05',
      appraisedAt: now - 3_600_000,
    },
    predecessors: [],
    thumbprint: 'x',
    notBefore: now - 3_600_000,
    notAfter: now + 3_600_000,
    issuerSpki: 'x',
    ...members,
  }
}
