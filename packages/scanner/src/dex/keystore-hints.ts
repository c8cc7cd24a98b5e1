import { resolveResource, type ResourceTable } from '../android/resources/resource-table.ts'
import type { DetectorMaker } from '../detector.ts'
import type { KeystoreUse } from './code-facts.ts'
import { passwordWeights, tellPassword } from './shapes/keystore-use.ts'

/** Texts of resources that a method names which opens a keystore: `getString(R.string.store_password)`. */
export const keystoreHints: DetectorMaker = () => ({
  end: ({ keystoreUses, resourceTables }, sink) => {
    for (const use of keystoreUses) {
      for (const text of textsOfResources(use, resourceTables)) {
        tellPassword(sink, text, passwordWeights.sameMethod)
      }
    }
  },
})

/** Texts, and paths of files, that the resources of a method come to. */
export function textsOfResources(
  { resourceIds, resourceNames }: KeystoreUse,
  tables: readonly ResourceTable[],
): string[] {
  return [
    ...resourceIds.map((id) => ({ kind: 'reference', id }) as const),
    ...resourceNames.map((name) => ({ kind: 'reference', id: 0, name }) as const),
  ]
    .flatMap((reference) => resolveResource(tables, reference))
    .flatMap(({ value }) => (value.kind === 'string' ? [value.text] : []))
}
