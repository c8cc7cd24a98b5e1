import type { AppPackage, PackageFormat } from '../app-package.ts'

/** What an archive, or a folder, is known by. */
export type Contents = {
  readonly paths: ReadonlySet<string>
  /** The first bytes of one of them. */
  readonly peek: (path: string) => Promise<Buffer>
}

type Kind = Pick<AppPackage, 'format' | 'platform'>
type Row = Kind & { readonly is: (contents: Contents) => boolean | Promise<boolean> }

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
  row('app', 'ios', ({ paths }) => some(paths, /^(?:[^/]+\.app\/)?Info\.plist$/)),
  row(
    'jar',
    'unknown',
    ({ paths }) => paths.has('META-INF/MANIFEST.MF') || some(paths, /\.class$/),
  ),
]

const bundleManifest = /^[^/]+\/manifest\/AndroidManifest\.xml$/
const apkName = /^[^!]*\.apk$/i

/** @param otherwise what it is where nothing is known of its contents */
export async function kindOf(contents: Contents, otherwise: PackageFormat): Promise<Kind> {
  for (const { is, format, platform } of rows) {
    if (await is(contents)) return { format, platform }
  }
  return { format: otherwise, platform: 'unknown' }
}

function row(format: PackageFormat, platform: Kind['platform'], is: Row['is']): Row {
  return { format, platform, is }
}

function some(paths: ReadonlySet<string>, shape: RegExp): boolean {
  return [...paths].some((path) => shape.test(path))
}

/** Text begins with `<`, maybe behind white space or a byte order mark; binary XML never does. */
async function isText(all: Contents, path: string): Promise<boolean> {
  return /^[\uFEFF\s]*</u.test((await all.peek(path)).toString('utf8'))
}

async function hasApk(all: Contents): Promise<boolean> {
  const likely = [...all.paths].filter((path) => apkName.test(path)).slice(0, 16)
  for (const path of likely) {
    if ((await all.peek(path)).toString('latin1', 0, 4) === 'PK\x03\x04') return true
  }
  return false
}
