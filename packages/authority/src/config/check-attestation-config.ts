import { evidenceFormats } from '@sallyport/attestation'
import { configProblem } from '@sallyport/problem'
import { type Assurance, isAtLeast } from '@sallyport/wire'
import type { AppConfig } from './app-config.ts'

/** What would let in whoever asks, or nobody, and what to write instead. `at` is a member of the app. */
type Fault = { readonly at: string; readonly why: string; readonly expected: string }
type Rule = (app: AppConfig) => Fault | undefined

const takes = (app: AppConfig, format: string) => app.enrollment.evidence.includes(format)

const rules: readonly Rule[] = [
  (app) =>
    takes(app, 'android-key') && app.android === undefined
      ? {
          at: 'enrollment.evidence',
          why: 'android-key without a word of the app: any app on a genuine phone would be enrolled',
          expected:
            'android: { packages: [com.example.app], signerDigests: [SHA-256 of the app signing certificate] }',
        }
      : undefined,
  (app) =>
    takes(app, 'apple-app-attest') &&
    (app.apple?.teamId === undefined || app.apple.bundleIds.length === 0)
      ? {
          at: 'enrollment.evidence',
          why: 'apple-app-attest without a word of the app: any app on a genuine iPhone would be enrolled',
          expected: 'apple: { teamId: ABCDE12345, bundleIds: [com.example.app] }',
        }
      : undefined,
  (app) => {
    const { teamId, bundleIds = [] } = app.apple ?? {}
    const whole = bundleIds.find((id) => teamId !== undefined && id.startsWith(`${teamId}.`))
    return whole === undefined
      ? undefined
      : {
          at: 'apple.bundleIds',
          why: `${whole} begins with the team, which App Attest puts before it: no iPhone would be enrolled`,
          expected: `bundleIds: [${whole.slice(whole.indexOf('.') + 1)}]`,
        }
  },
  (app) =>
    takes(app, 'apple-mda') && !namesManagedDevices(app) && !isGuarded(app)
      ? {
          at: 'enrollment.evidence',
          why: 'apple-mda proves a device that anybody manages, and no app: whoever has one would be enrolled',
          expected:
            'apple.managedDevices.serialNumbers or udids, enrollmentToken: required, approval: required, or user: { mode: required }',
        }
      : undefined,
  (app) =>
    app.apple?.environments.includes('development') === true && !app.insecureDevelopmentDevices
      ? {
          at: 'apple.environments',
          why: 'development builds would be enrolled, which any developer of the team makes',
          expected: 'environments: [production], or insecureDevelopmentDevices: true beside it',
        }
      : undefined,
  (app) =>
    app.enrollment.signals.includes('play-integrity') && app.android?.playIntegrity === undefined
      ? {
          at: 'enrollment.signals',
          why: 'play-integrity without the keys that open its verdicts',
          expected: 'android.playIntegrity: { decryptionKeyFile: …, verificationKeyFile: … }',
        }
      : undefined,
  (app) =>
    app.android?.playIntegrity !== undefined && !app.enrollment.signals.includes('play-integrity')
      ? {
          at: 'android.playIntegrity',
          why: 'nothing would look at the verdicts',
          expected: 'enrollment.signals: [play-integrity]',
        }
      : undefined,
  unreachable,
]

function namesManagedDevices({ apple }: AppConfig): boolean {
  return (
    apple?.managedDevices?.serialNumbers !== undefined || apple?.managedDevices?.udids !== undefined
  )
}

function isGuarded({ enrollment }: AppConfig): boolean {
  const { enrollmentToken, approval, user } = enrollment
  return [enrollmentToken, approval, user.mode].includes('required')
}

function unreachable({ attestation, enrollment }: AppConfig): Fault | undefined {
  const { minimumAssurance } = attestation
  if (minimumAssurance === undefined) return undefined
  const fault = { at: 'attestation.minimumAssurance' }
  if (enrollment.evidence.length === 0) {
    return {
      ...fault,
      why: `${minimumAssurance} is proven by evidence, and none is asked for`,
      expected: 'formats under enrollment.evidence, or no minimumAssurance',
    }
  }
  const short = enrollment.evidence.find((format) => !isAtLeast(reachOf(format), minimumAssurance))
  if (short === undefined) return undefined
  const most = reachOf(short)
  return {
    ...fault,
    why: `${short} proves ${most} at most: none of the phones that send it would be enrolled`,
    expected: `minimumAssurance: ${most}, or enrollment.evidence without ${short}`,
  }
}

function reachOf(format: string): Assurance {
  return evidenceFormats[format]?.reach ?? 'unattested'
}

/**
 * What a schema cannot say of what an app asks of evidence.
 *
 * @throws Problem `config_invalid`
 */
export function checkAttestationConfig(apps: Readonly<Record<string, AppConfig>>): void {
  for (const [appId, app] of Object.entries(apps)) {
    for (const rule of rules) {
      const fault = rule(app)
      if (fault === undefined) continue
      const path = ['apps', appId, ...fault.at.split('.')]
      throw configProblem('config_invalid', path, fault.why, { expected: fault.expected })
    }
  }
}
