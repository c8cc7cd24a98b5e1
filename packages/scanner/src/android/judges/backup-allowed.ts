import { type AppPackage, isLibrary } from '../../app-package.ts'
import type { Judge } from '../../detector.ts'
import type { Finding, Location } from '../../finding.ts'
import type { AndroidApp } from '../android-app.ts'
import type { Setting } from '../manifest/manifest.ts'
import type { ResourceValue } from '../resources/resource-value.ts'
import { childElements, type XmlElement } from '../xml/xml-element.ts'
import { identityOf } from './identity.ts'

/** From here on dataExtractionRules are read, and fullBackupContent is not, in apps that target it. */
const extractionRulesFrom = 31

/** Whether what the app stores leaves the device by backup, and whether anything is kept out of it. */
export const backupAllowed: Judge = function* ({ androidApps }, about) {
  // A library takes on what the app around it says.
  if (isLibrary(about.app.format)) return
  for (const app of androidApps) {
    const { base, targetSdk, minSdk } = app
    // A split without its base says nothing of the app.
    if (base.split !== undefined) continue
    const isNew = targetSdk >= extractionRulesFrom
    const cloud = rulesIn(app, base.dataExtractionRules, 'cloud-backup')
    const transfer = rulesIn(app, base.dataExtractionRules, 'device-transfer')
    const before = rulesIn(app, base.fullBackupContent, undefined)
    if (base.allowBackup?.value === false) {
      if (isNew && !transfer.areSet) yield transferred(app, about.app)
      continue
    }
    const open = [
      ...(isNew && !cloud.areSet ? ['cloud backups of Android 12 and later'] : []),
      ...(isNew && !transfer.areSet ? ['transfers to another phone from Android 12 on'] : []),
      ...((minSdk < extractionRulesFrom || !isNew) && !before.areSet
        ? [isNew ? 'backups of Android 11 and before' : 'backups']
        : []),
    ]
    if (open.length > 0) yield allowed(app, about.app, open, [cloud, transfer, before])
  }
}

type Rules = {
  /** Whether anything is included or excluded by name: what is empty, as templates have it, keeps nothing out. */
  readonly areSet: boolean
  readonly isEmpty: boolean
}

/** @param section of data extraction rules; undefined: of full backup content */
function rulesIn(
  app: AndroidApp,
  setting: Setting<ResourceValue> | undefined,
  section: string | undefined,
): Rules {
  if (setting === undefined) return { areSet: false, isEmpty: false }
  if (setting.value.kind === 'boolean') return { areSet: !setting.value.isTrue, isEmpty: false }
  const roots = app.xml(setting.value).map(({ root }) => root)
  // What cannot be found may well say something.
  if (roots.length === 0) return { areSet: true, isEmpty: false }
  const areSet = roots.some((root) => says(root, section))
  return { areSet, isEmpty: !areSet }
}

function says(root: XmlElement, section: string | undefined): boolean {
  const parts = section === undefined ? [root] : childElements(root, section)
  return parts.some((part) =>
    childElements(part).some(({ name }) => name === 'include' || name === 'exclude'),
  )
}

function allowed(
  { base }: AndroidApp,
  about: AppPackage,
  open: readonly string[],
  rules: readonly Rules[],
): Finding {
  const because =
    base.allowBackup === undefined
      ? 'The manifest does not set android:allowBackup, which allows it'
      : 'The manifest says android:allowBackup="true"'
  const empty = rules.some(({ isEmpty }) => isEmpty)
    ? ' The rules that the manifest names exclude nothing.'
    : ''
  return {
    rule: 'backup-allowed',
    confidence: 'certain',
    title: `Everything that ${base.packageName} stores is backed up`,
    detail: `${because}, and no rule keeps anything out of ${open.join(', ')}.${empty}`,
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
