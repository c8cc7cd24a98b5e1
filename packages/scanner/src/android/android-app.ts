import type { Facts } from '../facts.ts'
import type { Manifest } from './manifest/manifest.ts'
import { readManifest } from './manifest/read-manifest.ts'
import { folderTable } from './resources/folder-table.ts'
import { type ResourceTable, resolveResource } from './resources/resource-table.ts'
import type { ResourceValue } from './resources/resource-value.ts'
import type { AndroidXml } from './roots.ts'
import { plainAttribute } from './xml/xml-element.ts'

/** One application: its base, and its splits or modules. */
export type AndroidApp = {
  /** Of the base: what its `<application>` says counts; splits add components and permissions. */
  readonly base: Manifest
  readonly manifests: readonly Manifest[]
  /** False: the build writes them into the manifest, and this one has not been built. Both are the greatest then. */
  readonly hasSdks: boolean
  /** Least API level it runs on; 1 where it does not say. */
  readonly minSdk: number
  /** API level whose behaviour it asks for; the least one where it does not say. */
  readonly targetSdk: number
  /** XML that a reference leads to, one for each configuration it has. */
  readonly xml: (value: ResourceValue) => readonly AndroidXml[]
  /** Paths of the files that a resource is, such as one under `res/raw`. */
  readonly files: (value: ResourceValue) => readonly string[]
  /** `xml/network_security_config` of a reference. */
  readonly nameOf: (value: ResourceValue) => string | undefined
  readonly xmlNamed: (name: string) => readonly AndroidXml[]
}

/** API level of a preview, which is a name in the manifest: greater than any that is a number. */
const previewSdk = 10_000

/** Manifests, and tables of one application, that are looked at. Real packages have a few hundred splits at most. */
export const mostManifests = 200

/**
 * Every application of the package, by the name that its manifests give: splits and modules share it, and those of
 * projects that have none stand alone. What lies least deep comes first, and of too many manifests is kept.
 */
export function androidApps({ androidXml, resourceTables }: Facts): AndroidApp[] {
  const documents = new Map(androidXml.map((each) => [each.path, each]))
  const tablesIn = Map.groupBy(resourceTables, ({ path }) => containerOf(path))
  const groups = Map.groupBy(manifestsIn(androidXml).slice(0, mostManifests), packageOf)
  return [...groups.values()].map((sources) => {
    const containers = [...new Set(sources.map(({ path }) => containerOf(path)))]
    const compiled = containers.flatMap((container) => tablesIn.get(container) ?? [])
    const tables =
      compiled.length > 0
        ? compiled.slice(0, mostManifests)
        : containers.map((container) => folderTable(container, androidXml))
    return appOf(sources, containers, tables, documents)
  })
}

/** The least deep first. */
export function manifestsIn(androidXml: readonly AndroidXml[]): AndroidXml[] {
  const depth = ({ path }: AndroidXml) => path.split('/').length
  return androidXml
    .filter(({ root }) => root.name === 'manifest')
    .toSorted((left, right) => depth(left) - depth(right))
}

function packageOf({ root, path }: AndroidXml): string {
  const value = plainAttribute(root, 'package')?.value
  return value?.kind === 'string' && value.text !== '' ? value.text : `/${containerOf(path)}`
}

function appOf(
  sources: readonly AndroidXml[],
  containers: readonly string[],
  tables: readonly ResourceTable[],
  documents: ReadonlyMap<string, AndroidXml>,
): AndroidApp {
  const manifests = sources
    .map(({ root, path }) => readManifest(root, path, nearestFirst(tables, path)))
    .toSorted((left, right) => rank(left) - rank(right))
  const base = manifests[0] as Manifest
  const isWritten = sources.some((each) => each.path === base.path && each.isWritten)
  const hasSdks = !isWritten || base.minSdk !== undefined || base.targetSdk !== undefined
  const minSdk = apiLevel(base.minSdk) ?? (hasSdks ? 1 : previewSdk)
  const near = nearestFirst(tables, base.path)
  const files = (value: ResourceValue): string[] =>
    resolveResource(near, value).flatMap((entry) => {
      const file = entry.value.kind === 'string' ? entry.value.text : ''
      return file === '' ? [] : containers.map((container) => container + file)
    })
  const xml = (value: ResourceValue): AndroidXml[] =>
    files(value)
      .map((file) => documents.get(file))
      .filter((each) => each !== undefined)
  return {
    base,
    manifests,
    hasSdks,
    minSdk,
    targetSdk: apiLevel(base.targetSdk) ?? minSdk,
    files,
    xml,
    nameOf(value) {
      if (value.kind !== 'reference') return undefined
      return value.name ?? near.map((table) => table.nameOf(value.id)).find((name) => name)
    },
    xmlNamed: (name) => xml({ kind: 'reference', id: 0, name }),
  }
}

/** Where the APK, the module or the folder of a file begins: `base/`, `splits/base.apk!/`. */
function containerOf(path: string): string {
  return path.replace(/(?:manifest\/|res\/)?[^/]*$/, '')
}

function nearestFirst(tables: readonly ResourceTable[], path: string): ResourceTable[] {
  const own = tables.filter((table) => containerOf(table.path) === containerOf(path))
  return [...own, ...tables.filter((table) => !own.includes(table))]
}

/** Bases before splits, then what lies least deep. */
function rank({ split, path }: Manifest): number {
  return (split === undefined ? 0 : 1000) + path.split('/').length
}

function apiLevel(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const level = Number(text)
  return Number.isInteger(level) ? level : previewSdk
}
