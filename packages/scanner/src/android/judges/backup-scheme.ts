import type { AndroidApp } from '../android-app.ts'
import type { Setting } from '../manifest/manifest.ts'
import { type ResourceValue, valueText } from '../resources/resource-value.ts'
import { childElements, plainAttribute, type XmlElement } from '../xml/xml-element.ts'

/**
 * What rules leave of an app's files: `all` of them, or only a `part`. `empty`: there are rules, as templates have them,
 * that keep nothing out.
 */
export type Left = 'all' | 'part' | 'empty'

/** Where files go that leave the device. */
export type Destination = {
  readonly name: string
  readonly left: Left
}

/** From here on transfers are told apart from backups, and allowBackup and fullBackupContent say nothing of them. */
export const transfersApartFrom = 31

export const toAnotherPhone = 'transfers to another phone from Android 12 on'

/**
 * What a full backup takes, by destination (`FullBackup.BackupScheme` of AOSP): from Android 12 on the section of
 * dataExtractionRules for it, whatever the app targets; where there is none, fullBackupContent, though not for
 * transfers of apps that target 31 and later (`IGNORE_FULL_BACKUP_CONTENT_IN_D2D`). Before, fullBackupContent alone.
 *
 * Not looked at: flags that a rule asks of the transport, and what an include leaves in.
 */
export function backupDestinations(app: AndroidApp): Destination[] {
  const { base, minSdk, targetSdk } = app
  const before = contentRules(app, base.fullBackupContent)
  const cloud = section(app, 'cloud-backup') ?? before
  const isApart = targetSdk >= transfersApartFrom
  const transfer = section(app, 'device-transfer') ?? (isApart ? 'all' : before)
  return [
    { name: 'cloud backups of Android 12 and later', left: cloud },
    { name: toAnotherPhone, left: transfer },
    ...(minSdk < 31 ? [{ name: 'backups of Android 11 and before', left: before }] : []),
  ]
}

/** @returns undefined where there is no such section */
function section(app: AndroidApp, name: string): Left | undefined {
  const value = app.base.dataExtractionRules?.value
  // It is taken as a resource; what is none counts as not set.
  if (value === undefined || value.kind === 'boolean') return undefined
  const roots = app.xml(value).map(({ root }) => root)
  // What cannot be found may well say something.
  if (roots.length === 0) return 'part'
  const sections = roots.flatMap((root) => childElements(root, name))
  if (sections.length === 0) return undefined
  return sections.some(hasRule) ? 'part' : 'empty'
}

function contentRules(app: AndroidApp, setting: Setting<ResourceValue> | undefined): Left {
  if (setting === undefined) return 'all'
  if (setting.value.kind === 'boolean') return setting.value.isTrue ? 'all' : 'part'
  const roots = app.xml(setting.value).map(({ root }) => root)
  if (roots.length === 0 || roots.some(hasRule)) return 'part'
  return 'empty'
}

const domains = new Set([
  'root', 'file', 'database', 'sharedpref', 'external',
  'device_root', 'device_file', 'device_database', 'device_sharedpref',
]) // biome-ignore format: a list

/** Whether anything is included or excluded that the platform does not pass over (`parseRules`). */
function hasRule(rules: XmlElement): boolean {
  return childElements(rules).some((element) => {
    if (element.name !== 'include' && element.name !== 'exclude') return false
    const text = (name: string) => {
      const value = plainAttribute(element, name)?.value
      return value === undefined ? '' : valueText(value)
    }
    const path = text('path')
    return domains.has(text('domain')) && !path.includes('..') && !path.includes('//')
  })
}
