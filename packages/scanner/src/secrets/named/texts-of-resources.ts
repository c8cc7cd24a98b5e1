import type { ResourceTable } from '../../android/resources/resource-table.ts'
import type { Facts } from '../../facts.ts'
import type { NamedText } from './named-secrets.ts'
import { namedKind } from './secret-name.ts'

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
  for (const { name, entries } of table.ofType('string')) {
    if (namedKind(name) === undefined) continue
    for (const { value, offset } of entries()) {
      if (value.kind !== 'string') continue
      yield {
        name,
        text: value.text,
        location: { path: table.path, offset, within: `string/${name}` },
      }
    }
  }
}
