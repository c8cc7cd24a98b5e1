import type { AppPackage, PackageFormat } from '../app-package.ts'
import type { Member } from '../archive/member.ts'

/** What an archive, or a folder, is known by. */
type Contents = {
  readonly paths: ReadonlySet<string>
  readonly members: Iterable<Member>
}

type Kind = Pick<AppPackage, 'format' | 'platform'>
type Row = Kind & { readonly is: (contents: Contents) => boolean | Promise<boolean> }

const maxPeeks = 16
const manifest = 'AndroidManifest.xml'

/** The first that holds. */
const rows: readonly Row[] = [
  row('apk', 'android', async (all) => all.paths.has(manifest) && !(await isText(all, manifest))),
  row('aar', 'android', ({ paths }) => paths.has(manifest)),
  row('aab', 'android', ({ paths }) => paths.has('BundleConfig.pb') && some(paths, bundleManifest)),
  row('ipa', 'ios', ({ paths }) => some(paths, /^Payload\/[^/]+\.app\/Info\.plist$/)),
  row('apks', 'android', ({ paths }) => paths.has('toc.pb') && some(paths, apkName)),
  row('apkm', 'android', (all) => all.paths.has('info.json') && hasApk(all)),
  row('xapk', 'android', (all) => all.paths.has('manifest.json') && hasApk(all)),
  row('apks', 'android', hasApk),
  row('app', 'ios', ({ paths }) => some(paths, /^(?:(?:[^/]+\/)*[^/]+\.app\/)?Info\.plist$/)),
  row(
    'jar',
    'unknown',
    ({ paths }) => paths.has('META-INF/MANIFEST.MF') || some(paths, /\.class$/),
  ),
]

const bundleManifest = /^[^/]+\/manifest\/AndroidManifest\.xml$/
const apkName = /^[^!]*\.apk$/i

/** @param otherwise what it is where nothing is known of its contents */
export async function kindOf(members: Iterable<Member>, otherwise: PackageFormat): Promise<Kind> {
  const paths = new Set<string>()
  for (const { path } of members) paths.add(path)
  for (const { is, format, platform } of rows) {
    if (await is({ members, paths })) return { format, platform }
  }
  return { format: otherwise, platform: 'unknown' }
}

function row(format: PackageFormat, platform: Kind['platform'], is: Row['is']): Row {
  return { format, platform, is }
}

function some(paths: ReadonlySet<string>, shape: RegExp): boolean {
  for (const path of paths) {
    if (shape.test(path)) return true
  }
  return false
}

/** Text begins with `<`, maybe behind white space or a byte order mark; binary XML never does. */
async function isText({ members }: Contents, name: string): Promise<boolean> {
  for (const { path, peek } of members) {
    if (path === name) return /^[\uFEFF\s]*</u.test((await peek()).toString('utf8'))
  }
  return false
}

async function hasApk({ members }: Contents): Promise<boolean> {
  let looked = 0
  for (const { path, peek } of members) {
    if (!apkName.test(path)) continue
    if ((await peek()).toString('latin1', 0, 4) === 'PK\x03\x04') return true
    looked += 1
    if (looked === maxPeeks) return false
  }
  return false
}
