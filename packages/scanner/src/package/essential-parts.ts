import type { PackageFormat } from '../app-package.ts'
import type { Facts } from '../facts.ts'
import type { Extent, NotChecked } from '../finding.ts'
import type { Bundle } from '../ios/bundle.ts'

/** A part that an app is nothing without: where it was not read, nobody can say that nothing is wrong. */
type Part = {
  readonly shape: RegExp
  /** Names of the readers that make sense of it; none where it has to open as an archive. Undefined: whatever it is. */
  readonly readers?: readonly string[]
}

/** The names that Android loads; it passes over others. */
const dex = String.raw`classes(?:[2-9]|[1-9]\d+)?\.dex`

const androidManifest = part(/^AndroidManifest\.xml$/, 'binary XML')
const infoPlist = part(/^(?:(?:[^/!]+\/)*[^/!]+\.app\/)?Info\.plist$/, 'property list')
const splits: readonly Part[] = [
  archive(/^[^!]+\.apk$/i),
  part(/^[^!]+\.apk!\/AndroidManifest\.xml$/i, 'binary XML'),
  part(new RegExp(`^[^!]+\\.apk!/${dex}$`, 'i'), 'DEX'),
]
const itself = /^[^!/]+$/

const parts: Readonly<Record<PackageFormat, readonly Part[]>> = {
  apk: [androidManifest, part(new RegExp(`^${dex}$`), 'DEX')],
  aab: [
    part(/^[^/!]+\/manifest\/AndroidManifest\.xml$/, 'protobuf XML'),
    part(new RegExp(`^[^/!]+/dex/${dex}$`), 'DEX'),
  ],
  apks: splits,
  xapk: splits,
  apkm: splits,
  ipa: [part(/^Payload\/[^/!]+\.app\/Info\.plist$/, 'property list')],
  app: [infoPlist],
  aar: [part(/^AndroidManifest\.xml$/, 'Android XML', 'binary XML'), archive(/^classes\.jar$/)],
  jar: [],
  so: [part(itself, 'ELF')],
  dylib: [part(itself, 'Mach-O')],
  // What somebody unpacked may be anything: only that it could not be read counts.
  folder: [part(/^AndroidManifest\.xml$/), part(new RegExp(`^${dex}$`)), part(infoPlist.shape)],
  zip: [],
  file: [part(itself)],
}

/** A hostile package has as many broken parts as it has entries. */
const maxLines = 100

export type EssentialParts = {
  /** What it is: told once it is open, before any entry is read. */
  readonly isOf: (format: PackageFormat) => void
  /** An entry was read. @param reader who made sense of it; undefined: nobody did, it was looked at as bytes */
  readonly read: (path: string, reader: string | undefined) => void
  /** As the ledger is told. */
  readonly notChecked: (path: string, why: string, extent?: Extent) => void
  /** What was not read of what has to be, once all has been. */
  readonly unread: (facts: Facts) => readonly NotChecked[]
}

/** Watches what is read of a package, and knows what has to be. */
export function essentialParts(): EssentialParts {
  let format: PackageFormat = 'zip'
  const lines = new Map<string, string>()
  /** Readers of parts, and of what lies beside an Info.plist: one of these is the program. */
  const readers = new Map<string, string | undefined>()
  const partOf = (path: string) => parts[format].find(({ shape }) => shape.test(path))
  const note = (path: string, why: string) => {
    if (lines.size < maxLines && !lines.has(path)) lines.set(path, why)
  }
  const faults = new Map<string, string>()
  return {
    isOf(told) {
      format = told
    },
    read(path, reader) {
      const found = partOf(path)
      if (found === undefined && !isBesideInfoPlist(path)) return
      if (readers.size < 10_000) readers.set(path, reader)
      if (found?.readers === undefined || found.readers.includes(reader ?? '')) return
      const expected = found.readers.length === 0 ? 'an archive' : found.readers.join(' or ')
      note(path, `it is not ${expected}, or is too damaged or too large to be read as that`)
    },
    notChecked(path, why, extent) {
      if (extent !== 'whole') return
      if (partOf(path) !== undefined) note(path, why)
      else if (isBesideInfoPlist(path) && faults.size < 10_000) faults.set(path, why)
    },
    unread(facts) {
      for (const [path, reader] of readers) {
        const isManifest = path.endsWith('AndroidManifest.xml') && reader !== undefined
        if (isManifest && !facts.androidXml.some((each) => isManifestAt(each, path))) {
          note(path, 'there is no manifest in it')
        }
      }
      for (const bundle of facts.bundles) {
        const path = programOf(bundle, format)
        const why = path === undefined ? undefined : whyNotRead(path, facts, readers, faults)
        if (path !== undefined && why !== undefined) note(path, why)
      }
      return [...lines].map(([path, why]) => ({ path, why }))
    },
  }
}

function part(shape: RegExp, ...readers: string[]): Part {
  return readers.length === 0 ? { shape } : { shape, readers }
}

function archive(shape: RegExp): Part {
  return { shape, readers: [] }
}

function isBesideInfoPlist(path: string): boolean {
  return /^(?:(?:[^/!]+\/)*[^/!]+\.app\/)?[^/!]+$/.test(path)
}

function isManifestAt({ path, root }: Facts['androidXml'][number], at: string): boolean {
  return path === at && root.name === 'manifest'
}

/** The program of an app, not of what lies in it: those are read, and told of, as any other entry. */
function programOf({ location, executable, packageType }: Bundle, format: PackageFormat) {
  const isApp = packageType === undefined || packageType === 'APPL'
  if (!isApp || executable === undefined) return undefined
  const isHere = parts[format].some(({ shape }) => shape.test(location.path))
  return isHere ? location.path.replace(/[^/]*$/, executable) : undefined
}

function whyNotRead(
  path: string,
  { machOs }: Facts,
  readers: ReadonlyMap<string, string | undefined>,
  faults: ReadonlyMap<string, string>,
): string | undefined {
  const fault = faults.get(path)
  if (fault !== undefined) return fault
  // A package without it is no app yet, and there is nothing in it that was not read.
  if (!readers.has(path)) return undefined
  const slices = machOs.filter((each) => each.path === path)
  if (slices.length === 0) return 'the program of the app is no Mach-O that can be read'
  return slices.every(({ isEncrypted }) => isEncrypted)
    ? 'encrypted for the App Store: its code and constants were not read. Scan the package as it is before it is uploaded.'
    : undefined
}
