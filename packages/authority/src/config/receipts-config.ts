import { receiptUrls } from '@sallyport/attestation'
import { configProblem } from '@sallyport/problem'
import Type from 'typebox'
import type { AppConfig } from './app-config.ts'
import { outgoingUrl } from './outgoing-url.ts'

/** What happens to a device whose phone made more App Attest keys than it may. */
export const riskPolicies = ['notify', 'suspend'] as const
export type RiskPolicy = (typeof riskPolicies)[number]

/** How the receipts of one team's apps are refreshed at Apple. */
export type ReceiptsConfig = {
  teamId: string
  keyId: string
  /** PKCS#8 PEM, P-256, relative to the file. */
  keyFile: string
  productionUrl: string
  developmentUrl: string
  requestsPerMinute: number
  /** Absent: whatever the metric says is no risk. */
  maxRiskMetric?: number
  onRisk: RiskPolicy
}

const identifier = (description: string) => Type.String({ pattern: '^[A-Z0-9]{10}$', description })
const url = (fallback: string, description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 2_048,
      pattern: `^(?:${outgoingUrl})$`,
      default: fallback,
      description,
    }),
  )

const TeamSchema = Type.Object(
  {
    teamId: identifier(
      'The team of the developer account, as apps name it: ten capital letters and digits',
    ),
    keyId: identifier(
      'Of a key with DeviceCheck, as the developer account shows it: ten capital letters and digits',
    ),
    keyFile: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description: 'That key, as it was downloaded: AuthKey_….p8',
    }),
    productionUrl: url(receiptUrls.production, 'Where receipts of released builds are refreshed'),
    developmentUrl: url(receiptUrls.development, 'Where those of builds from Xcode are'),
    requestsPerMinute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 300,
        default: 60,
        description:
          'At most, of all authorities over one store. Receipts wait for their turn, the oldest first; after a month without a refresh Apple may forget them',
      }),
    ),
    maxRiskMetric: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description:
          'The most App Attest keys that a phone makes for the app in 30 days before it is a risk: one for each installation, and each phone has reinstalls. Without it nothing is',
      }),
    ),
    onRisk: Type.Optional(
      Type.Enum([...riskPolicies], {
        default: 'notify',
        description:
          'What a risk comes to: an entry in the audit log, or a suspended device as well; of an app in mode shadow the entry alone',
      }),
    ),
  },
  { additionalProperties: false },
)

export const ReceiptsSchema = Type.Optional(
  Type.Array(TeamSchema, {
    maxItems: 32,
    default: [],
    description:
      'Refreshes the receipts of App Attest at Apple, which tell how many App Attest keys a phone made of late: one entry for each team. Without entries nothing is asked',
  }),
)

/**
 * What the schema cannot say of them.
 *
 * @throws Problem `config_invalid`
 */
export function checkReceiptsConfig(
  receipts: readonly ReceiptsConfig[],
  apps: Readonly<Record<string, AppConfig>>,
): void {
  const teams = new Set(Object.values(apps).flatMap(({ apple }) => apple?.teamId ?? []))
  for (const [index, { teamId, onRisk, maxRiskMetric }] of receipts.entries()) {
    const path = ['attestation', 'apple', 'receipts', index]
    if (!teams.has(teamId)) {
      throw configProblem('config_invalid', [...path, 'teamId'], 'no app is of this team', {
        expected: [...teams].join(' or ') || 'an app with apple.teamId',
        found: teamId,
      })
    }
    if (receipts.findIndex((other) => other.teamId === teamId) !== index) {
      throw configProblem('config_invalid', [...path, 'teamId'], 'the team has an entry already', {
        expected: 'one entry for each team',
        found: teamId,
      })
    }
    if (onRisk === 'suspend' && maxRiskMetric === undefined) {
      throw configProblem('config_invalid', [...path, 'onRisk'], 'nothing would be suspended', {
        expected: 'maxRiskMetric beside it, or onRisk: notify',
      })
    }
  }
}
