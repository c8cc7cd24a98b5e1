import { androidNamespace, type XmlAttribute, type XmlElement } from '../xml/xml-element.ts'

/** Ids of the platform's attributes (`android.R.attr`): it looks them up by these, whatever their names say. */
const resourceIds = {
  name: 0x01010003,
  permission: 0x01010006,
  readPermission: 0x01010007,
  writePermission: 0x01010008,
  enabled: 0x0101000e,
  debuggable: 0x0101000f,
  exported: 0x01010010,
  sharedUserId: 0x0101000b,
  authorities: 0x01010018,
  grantUriPermissions: 0x0101001b,
  value: 0x01010024,
  resource: 0x01010025,
  minSdkVersion: 0x0101020c,
  versionCode: 0x0101021b,
  versionName: 0x0101021c,
  targetSdkVersion: 0x01010270,
  maxSdkVersion: 0x01010271,
  backupAgent: 0x0101027f,
  allowBackup: 0x01010280,
  fullBackupOnly: 0x01010473,
  fullBackupContent: 0x010104eb,
  usesCleartextTraffic: 0x010104ec,
  networkSecurityConfig: 0x01010527,
  versionCodeMajor: 0x01010576,
  requestLegacyExternalStorage: 0x01010603,
  dataExtractionRules: 0x0101063e,
} as const

export type AndroidAttribute = keyof typeof resourceIds

/** `android:…` of an element: by id where the XML is compiled, by name where it is text. */
export function androidAttribute(
  element: XmlElement,
  name: AndroidAttribute,
): XmlAttribute | undefined {
  return (
    element.attributes.find((each) => each.resourceId === resourceIds[name]) ??
    element.attributes.find(
      (each) =>
        each.resourceId === undefined && each.name === name && each.namespace === androidNamespace,
    )
  )
}
