import type { Judge } from '../../detector.ts'
import type { Finding } from '../../finding.ts'
import { dayOf } from '../../in-words.ts'
import { memberOf, truthOf } from '../../plist/plist-value.ts'
import type { ProfileKind, ProvisioningProfile } from '../provisioning-profile.ts'

type Words = Pick<Finding, 'title' | 'detail'> & Pick<Finding, 'severity'>

const words: Readonly<Record<ProfileKind, ((profile: ProvisioningProfile) => Words) | undefined>> =
  {
    development: ({ devices }) => ({
      severity: 'high',
      title: 'The package is provisioned for development',
      detail: `Its profile allows get-task-allow, and lists ${counted(devices)}: a debugger can attach to the app.`,
    }),
    'ad-hoc': ({ devices }) => ({
      severity: 'low',
      title: 'The package is provisioned ad hoc',
      detail: `It installs on the ${counted(devices)} that its profile lists, and not from the store.`,
    }),
    enterprise: () => ({
      severity: 'info',
      title: 'The package is provisioned for in-house use',
      detail:
        'It installs on any device that trusts the enterprise, without the review of a store. Whoever gets the file can run it.',
    }),
    'app-store': undefined,
  }

function counted(devices: number): string {
  return devices === 1 ? 'one device' : `${devices} devices`
}

/** Profiles that do not belong into a release, and such as have ended. */
export const provisioning: Judge = function* ({ provisioningProfiles }, { settings }) {
  for (const profile of provisioningProfiles) {
    const { path, kind, name, teamName, expiresAt } = profile
    const about = {
      rule: 'debug-provisioning' as const,
      confidence: 'certain' as const,
      locations: [{ path }],
      facts: {
        kind,
        ...(name === undefined ? {} : { name }),
        ...(teamName === undefined ? {} : { team: teamName }),
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
      },
    }
    const told = words[kind]?.(profile)
    if (told !== undefined) yield { ...about, ...told, identity: `${kind} ${name ?? ''}` }
    if (expiresAt !== undefined && expiresAt <= settings.submittedAt) {
      const day = dayOf(expiresAt)
      yield {
        ...about,
        title: `The provisioning profile ended on ${day}`,
        detail: `The app does not start on a device since ${day}, unless the store signed it again.`,
        fix: 'Renew the profile, and build again.',
        identity: `expired ${name ?? ''}`,
      }
    }
  }
}

/** Programs that were signed so that a debugger may attach. */
export const debuggablePrograms: Judge = function* ({ machOs }) {
  for (const { path, signature } of machOs) {
    const allows = signature?.entitlements.some((each) =>
      ['get-task-allow', 'com.apple.security.get-task-allow'].some(
        (key) => truthOf(memberOf(each, key)) === true,
      ),
    )
    if (allows !== true) continue
    yield {
      rule: 'debuggable',
      confidence: 'certain',
      title: 'The app was signed so that a debugger may attach',
      detail:
        'The entitlement get-task-allow is true in its code signature. App Store Connect refuses such builds; ad-hoc and enterprise installs run them.',
      fix: 'Sign the release with a distribution profile, which sets get-task-allow to false.',
      locations: [{ path, within: 'get-task-allow' }],
      identity: `get-task-allow ${signature?.identifier ?? path}`,
    }
  }
}
