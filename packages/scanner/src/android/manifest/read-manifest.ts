import type { Location } from '../../finding.ts'
import { type ResourceTable, resolveResource } from '../resources/resource-table.ts'
import { type ResourceValue, valueText } from '../resources/resource-value.ts'
import { childElements, plainAttribute, type XmlElement } from '../xml/xml-element.ts'
import { type AndroidAttribute, androidAttribute } from './android-attributes.ts'
import {
  type Component,
  type ComponentKind,
  componentKinds,
  type Manifest,
  type ManifestPermission,
  type MetaData,
  type Setting,
} from './manifest.ts'

const permissionElements = ['uses-permission', 'uses-permission-sdk-23', 'uses-permission-sdk-m']

/**
 * @param path of the file it was read from
 * @param tables where its references lead to
 */
export function readManifest(
  root: XmlElement,
  path: string,
  tables: readonly ResourceTable[],
): Manifest {
  const from = attributeReader(path, tables)
  const application = childElements(root, 'application')[0]
  const uses = childElements(root, 'uses-sdk')[0]
  const packageName = valueText(plainAttribute(root, 'package')?.value ?? nothing)
  const split = valueText(plainAttribute(root, 'split')?.value ?? nothing)
  const ofApplication = <Value>(read: (element: XmlElement) => Value | undefined) =>
    application === undefined ? undefined : read(application)
  return {
    path,
    packageName,
    split: split === '' ? undefined : split,
    sharedUserId: from.text(root, 'sharedUserId'),
    versionName: from.text(root, 'versionName'),
    versionCode: versionCode(root, from),
    minSdk: uses && from.text(uses, 'minSdkVersion'),
    targetSdk: uses && from.text(uses, 'targetSdkVersion'),
    debuggable: ofApplication((element) => from.flag(element, 'debuggable')),
    allowBackup: ofApplication((element) => from.flag(element, 'allowBackup')),
    backupAgent: ofApplication((element) => from.text(element, 'backupAgent')),
    fullBackupOnly: ofApplication((element) => from.flag(element, 'fullBackupOnly')),
    fullBackupContent: ofApplication((element) => from.value(element, 'fullBackupContent')),
    dataExtractionRules: ofApplication((element) => from.value(element, 'dataExtractionRules')),
    usesCleartextTraffic: ofApplication((element) => from.flag(element, 'usesCleartextTraffic')),
    networkSecurityConfig: ofApplication((element) => from.value(element, 'networkSecurityConfig')),
    requestLegacyExternalStorage: ofApplication((element) =>
      from.flag(element, 'requestLegacyExternalStorage'),
    ),
    permissions: permissionElements
      .flatMap((name) => childElements(root, name))
      .flatMap((element) => permissionOf(element, from)),
    components:
      application === undefined
        ? []
        : componentKinds.flatMap((kind) =>
            childElements(application, kind).map((element) =>
              componentOf(kind, element, packageName, from),
            ),
          ),
    metaData: application === undefined ? [] : metaDataOf(application, from),
  }
}

const nothing: ResourceValue = { kind: 'string', text: '' }

type AttributeReader = {
  readonly location: (element: XmlElement, name: AndroidAttribute) => Location
  readonly value: (
    element: XmlElement,
    name: AndroidAttribute,
  ) => Setting<ResourceValue> | undefined
  readonly text: (element: XmlElement, name: AndroidAttribute) => string | undefined
  readonly flag: (element: XmlElement, name: AndroidAttribute) => Setting<boolean> | undefined
}

function attributeReader(path: string, tables: readonly ResourceTable[]): AttributeReader {
  const location = (element: XmlElement, name: AndroidAttribute): Location => ({
    path,
    offset: androidAttribute(element, name)?.offset ?? element.offset,
    within: `<${element.name}> android:${name}`,
  })
  const values = (element: XmlElement, name: AndroidAttribute): readonly ResourceValue[] => {
    const attribute = androidAttribute(element, name)
    if (attribute === undefined) return []
    const entries = resolveResource(tables, attribute.value)
    const common = entries.filter((entry) => entry.config.isDefault)
    return [...common, ...entries.filter((entry) => !common.includes(entry))].map(
      ({ value }) => value,
    )
  }
  return {
    location,
    value(element, name) {
      const value = androidAttribute(element, name)?.value
      return value && { value, location: location(element, name) }
    },
    text(element, name) {
      const attribute = androidAttribute(element, name)
      if (attribute === undefined) return undefined
      return valueText(values(element, name)[0] ?? attribute.value)
    },
    /** True where it is so on any device. */
    flag(element, name) {
      const found = values(element, name)
      if (found.length === 0) return undefined
      return { value: found.some(isTrue), location: location(element, name) }
    },
  }
}

/** As `TypedArray.getBoolean` takes them. */
function isTrue(value: ResourceValue): boolean {
  if (value.kind === 'boolean') return value.isTrue
  if (value.kind === 'integer') return value.value !== 0
  return value.kind === 'string' && ['true', 'TRUE', '1'].includes(value.text)
}

/** With `versionCodeMajor` it is 64 bits long. */
function versionCode(root: XmlElement, from: AttributeReader): string | undefined {
  const minor = from.text(root, 'versionCode')
  const major = Number(from.text(root, 'versionCodeMajor') ?? 0)
  if (minor === undefined || !Number.isInteger(major) || !/^-?\d+$/.test(minor)) return minor
  return String((BigInt(major) << 32n) | BigInt.asUintN(32, BigInt(minor)))
}

function permissionOf(element: XmlElement, from: AttributeReader): ManifestPermission[] {
  const name = from.text(element, 'name')
  if (name === undefined) return []
  const maxSdk = Number(from.text(element, 'maxSdkVersion') ?? Number.NaN)
  return [
    {
      name,
      maxSdk: Number.isInteger(maxSdk) ? maxSdk : undefined,
      location: from.location(element, 'name'),
    },
  ]
}

function componentOf(
  kind: ComponentKind,
  element: XmlElement,
  packageName: string,
  from: AttributeReader,
): Component {
  const name = from.text(element, 'name') ?? ''
  const permission = from.text(element, 'permission')
  return {
    kind,
    name: name.startsWith('.') ? packageName + name : name,
    isEnabled: from.flag(element, 'enabled')?.value ?? true,
    exported: from.flag(element, 'exported')?.value,
    hasFilters: childElements(element, 'intent-filter').length > 0,
    permission,
    readPermission: from.text(element, 'readPermission') ?? permission,
    writePermission: from.text(element, 'writePermission') ?? permission,
    authorities: (from.text(element, 'authorities') ?? '').split(';').filter((each) => each !== ''),
    grantsUriPermissions:
      from.flag(element, 'grantUriPermissions')?.value === true ||
      childElements(element, 'grant-uri-permission').length > 0,
    metaData: metaDataOf(element, from),
    location: from.location(element, 'name'),
  }
}

function metaDataOf(element: XmlElement, from: AttributeReader): MetaData[] {
  return childElements(element, 'meta-data').flatMap((each) => {
    const name = from.text(each, 'name')
    const value = from.value(each, 'resource') ?? from.value(each, 'value')
    return name === undefined || value === undefined
      ? []
      : [{ name, value: value.value, location: from.location(each, 'name') }]
  })
}
