import { rules } from '../../src/rules.ts'
import { type ReadFiles, readFiles } from './fixture.ts'

export type WrittenApp = {
  readonly packageName?: string
  readonly minSdk?: number
  readonly targetSdk?: number
  /** Attributes of `<manifest>`. */
  readonly root?: string
  /** Attributes of `<application>`. */
  readonly application?: string
  /** What `<application>` holds. */
  readonly components?: string
  /** What `<manifest>` holds besides. */
  readonly manifest?: string
  /** What the network security configuration holds; undefined: there is none. */
  readonly network?: string
  /** More files, by their path. */
  readonly files?: Readonly<Record<string, string>>
}

/** An app as a folder of written XML, which is judged as a compiled one is. */
export function writtenApp(app: WrittenApp): Map<string, Buffer> {
  const config = app.network === undefined ? '' : 'android:networkSecurityConfig="@xml/network"'
  const files: Record<string, string> = {
    'AndroidManifest.xml': `<manifest xmlns:android="http://schemas.android.com/apk/res/android"
      package="${app.packageName ?? 'com.example.bank'}" ${app.root ?? ''}>
      <uses-sdk android:minSdkVersion="${app.minSdk ?? 28}" android:targetSdkVersion="${app.targetSdk ?? 35}"/>
      <uses-permission android:name="android.permission.INTERNET"/>
      ${app.manifest ?? ''}
      <application ${config} ${app.application ?? 'android:allowBackup="false"'}>${app.components ?? ''}</application>
    </manifest>`,
    ...(app.network === undefined
      ? {}
      : {
          'res/xml/network.xml': `<network-security-config>${app.network}</network-security-config>`,
        }),
    ...app.files,
  }
  return new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]))
}

/** Findings about the app, `rule severity identity` each, but for those about its backups. */
export async function judged(app: WrittenApp): Promise<string[]> {
  return told((await readFiles(writtenApp(app))).findings).filter(
    (each) => !each.startsWith('backup-allowed'),
  )
}

export function told(findings: ReadFiles['findings']): string[] {
  return findings.map(
    ({ rule, severity, identity }) => `${rule} ${severity ?? rules[rule].severity} ${identity}`,
  )
}
