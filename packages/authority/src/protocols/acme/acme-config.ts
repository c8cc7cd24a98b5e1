import { configProblem } from '@sallyport/problem'
import Type from 'typebox'
import type { AppConfig } from '../../config/app-config.ts'
import { type ProtocolConfig, protocolMembers } from '../protocol-config.ts'

/** How an app's devices, and its services, are certified by ACME. */
export type AcmeConfig = ProtocolConfig & {
  /** Origin that clients are told; undefined: the host that they asked for. */
  url?: string
  /** Whether an account needs a credential (RFC 8555 §7.3.4). */
  externalAccount: 'required' | 'none'
  /** DNS names that server certificates are issued for; `*.example.com` is any name one label below. */
  serviceNames: string[]
  serviceCertificateDays: number
  /** Whether http-01 asks addresses of private networks. */
  privateAddresses: boolean
  /** `host:port` that http-01 asks whatever the name. */
  insecureValidationTarget?: string
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

export const AcmeSchema = Type.Object(
  {
    ...protocolMembers,
    url: Type.Optional(
      Type.String({
        pattern: '^https://[a-z0-9.\\[\\]:-]{1,260}$',
        description:
          'Where clients reach the device listener, as https://enroll.example.com. Default: the host that each asks for',
      }),
    ),
    externalAccount: Type.Optional(
      Type.Enum(['required', 'none'], {
        default: 'required',
        description:
          'Whether an account is made with a credential of `sallyport acme credentials create`. none: for Apple devices, which have no place for one; then apple.managedDevices lists them',
      }),
    ),
    serviceNames: Type.Optional(
      Type.Array(Type.String({ pattern: `^(?:\\*\\.)?${label}(?:\\.${label}){0,20}$` }), {
        maxItems: 1_000,
        uniqueItems: true,
        default: [],
        description:
          'Names of servers that prove by http-01 that they have them, and are certified under the service root. *.example.com is any name one label below',
      }),
    ),
    serviceCertificateDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 398,
        default: 30,
        description: 'How long certificates of servers are valid',
      }),
    ),
    privateAddresses: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'http-01 asks servers in private networks, too: 10.0.0.0/8 and the like',
      }),
    ),
    insecureValidationTarget: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9.-]{1,253}:[0-9]{1,5}$',
        description:
          'For tests: http-01 asks here whatever the name is, so that it proves nothing of the name',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'ACME (RFC 8555) at /acme/<app>/directory of the device listener: device-attest-01 for managed phones, http-01 for servers',
  },
)

/**
 * What a schema cannot say of it.
 *
 * @throws Problem `config_invalid` where anybody would be certified
 */
export function checkAcmeConfig(appId: string, app: AppConfig): void {
  const { acme } = app.protocols
  if (acme === undefined) return
  const path = ['apps', appId, 'protocols', 'acme']
  if (app.enrollment.approval === 'device') {
    throw configProblem(
      'config_invalid',
      path,
      'of no user are devices of ACME that could be asked',
      {
        expected: 'enrollment.approval: required or none, or an app of its own for ACME',
        found: app.enrollment.approval,
      },
    )
  }
  if (acme.externalAccount === 'required') return
  if (acme.serviceNames.length > 0) {
    throw configProblem('config_invalid', path, 'whoever asks would be certified as a server', {
      expected: 'externalAccount: required, or no serviceNames',
      found: 'externalAccount: none',
    })
  }
  const { managedDevices } = app.apple ?? {}
  const isListed =
    managedDevices?.serialNumbers !== undefined || managedDevices?.udids !== undefined
  const formats = app.enrollment.evidence.filter((format) => format !== 'apple-mda')
  if (isListed && formats.length === 0 && app.enrollment.mode === 'enforce') return
  throw configProblem('config_invalid', path, 'devices of anybody would be certified', {
    expected:
      'externalAccount: required; or evidence: [apple-mda] in mode enforce, with serialNumbers or udids of apple.managedDevices',
    found: 'externalAccount: none',
  })
}
