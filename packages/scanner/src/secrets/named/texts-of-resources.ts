import type { ResourceTable } from '../../android/resources/resource-table.ts'
import type { Facts } from '../../facts.ts'
import type { NamedText } from './named-secrets.ts'
import { namedKind } from './secret-name.ts'

/** The package of an app among its resources; others are of the platform and of shared libraries. */
const appPackage = 0x7f
const maxTypes = 64
const maxEntries = 0x10000
/** Entries without a name, one after another, behind which no more are looked for. */
const longestGap = 512

/** Strings of resources and meta-data of manifests whose names promise a secret. */
export function* textsOfResources({ resourceTables, androidApps }: Facts): Iterable<NamedText> {
  for (const table of resourceTables) yield* namedStrings(table)
  for (const { manifests } of androidApps) {
    for (const { metaData, components } of manifests) {
      for (const { name, value, location } of [
        metaData,
        ...components.map((each) => each.metaData),
      ].flat()) {
        if (value.kind === 'string' && namedKind(name) !== undefined) {
          yield { name, text: value.text, location }
        }
      }
    }
  }
}

function* namedStrings(table: ResourceTable): Iterable<NamedText> {
  for (let type = 1; type <= maxTypes; type += 1) {
    const base = ((appPackage << 24) | (type << 16)) >>> 0
    let gap = 0
    for (let entry = 0; entry < maxEntries && gap < longestGap; entry += 1) {
      const name = table.nameOf(base + entry)
      gap = name === undefined ? gap + 1 : 0
      if (name === undefined) continue
      if (!name.startsWith('string/')) break
      if (namedKind(name.slice('string/'.length)) === undefined) continue
      for (const { value, offset } of table.byId(base + entry)) {
        if (value.kind !== 'string') continue
        yield {
          name: name.slice('string/'.length),
          text: value.text,
          location: { path: table.path, offset, within: name },
        }
      }
    }
  }
}
