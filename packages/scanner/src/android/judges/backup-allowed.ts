import { type AppPackage, isLibrary } from '../../app-package.ts'
import type { Judge } from '../../detector.ts'
import type { Finding, Location } from '../../finding.ts'
import type { AndroidApp } from '../android-app.ts'
import type { Manifest } from '../manifest/manifest.ts'
import {
  backupDestinations,
  type Destination,
  toAnotherPhone,
  transfersApartFrom,
} from './backup-scheme.ts'
import { identityOf } from './identity.ts'

/** Whether what the app stores leaves the device by backup, and whether anything is kept out of it. */
export const backupAllowed: Judge = function* ({ androidApps }, about) {
  // A library takes on what the app around it says.
  if (isLibrary(about.app.format)) return
  for (const app of androidApps) {
    // A split without its base says nothing of the app.
    if (app.base.split === undefined) yield* judged(app, about.app)
  }
}

function* judged(app: AndroidApp, about: AppPackage): Generator<Finding> {
  const { base, targetSdk } = app
  const destinations = backupDestinations(app)
  if (base.allowBackup?.value === false) {
    // The platform does not read backupAgent here.
    const transfer = destinations.find(({ name }) => name === toAnotherPhone)
    const isOpen = targetSdk >= transfersApartFrom && transfer?.left !== 'part'
    if (isOpen && !isOfSystem(base, undefined)) yield transferred(app, about)
    return
  }
  // An agent of its own gives what it chooses, and nothing else is asked for, unless the app wants full backups.
  if (base.backupAgent !== undefined && base.fullBackupOnly?.value !== true) return
  if (isOfSystem(base, base.backupAgent)) return
  const open = destinations.filter(({ left }) => left !== 'part')
  if (open.length > 0) yield allowed(app, about, open, open.length === destinations.length)
}

/** Those that run as a user of the system take part only with an agent (`BackupEligibilityRules`). */
function isOfSystem({ sharedUserId = '' }: Manifest, agent: string | undefined): boolean {
  return agent === undefined && systemUsers.has(sharedUserId)
}

const systemUsers = new Set(
  ['system', 'phone', 'log', 'nfc', 'bluetooth', 'shell', 'se', 'networkstack', 'uwb'].map(
    (name) => `android.uid.${name}`,
  ),
)

function allowed(
  { base, targetSdk }: AndroidApp,
  about: AppPackage,
  open: readonly Destination[],
  isAll: boolean,
): Finding {
  const because =
    base.allowBackup === undefined
      ? 'The manifest does not set android:allowBackup, which allows it'
      : 'The manifest says android:allowBackup="true"'
  const empty = open.some(({ left }) => left === 'empty')
    ? ' The rules that the manifest names exclude nothing.'
    : ''
  const agent =
    base.backupAgent === undefined
      ? ''
      : ` What its own agent, ${base.backupAgent}, leaves out cannot be told from here.`
  const isOnlyTransfer = open.every(({ name }) => name === toAnotherPhone)
  const names = isAll && targetSdk < transfersApartFrom ? ['backups'] : open.map(({ name }) => name)
  return {
    rule: 'backup-allowed',
    confidence: base.backupAgent === undefined ? 'certain' : 'firm',
    title: `Everything that ${base.packageName} stores ${isOnlyTransfer ? 'moves to another phone' : 'is backed up'}`,
    detail: `${because}, and no rule keeps anything out of ${names.join(', ')}.${empty}${agent}`,
    locations: [base.allowBackup?.location ?? manifestOf(base.path)],
    identity: identityOf(about, base.packageName, 'android:allowBackup'),
  }
}

function transferred({ base }: AndroidApp, about: AppPackage): Finding {
  return {
    rule: 'backup-allowed',
    severity: 'info',
    confidence: 'certain',
    title: `What ${base.packageName} stores still moves to another phone`,
    detail:
      'From Android 12 on android:allowBackup="false" ends backups, but not transfers from phone to phone; only <device-transfer> in android:dataExtractionRules keeps something out of these.',
    locations: [base.allowBackup?.location ?? manifestOf(base.path)],
    identity: identityOf(about, base.packageName, 'device-transfer'),
  }
}

function manifestOf(path: string): Location {
  return { path, within: '<application>' }
}
