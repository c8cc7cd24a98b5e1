import type { ResourceValue } from './resource-value.ts'

/** Of which devices a resource is: `values-v26` has `{ sdk: 26 }`. */
export type ResourceConfig = {
  /** Least API level; 0 is any. */
  readonly sdk: number
  /** Whether it is for every device. */
  readonly isDefault: boolean
}

export type ResourceEntry = {
  readonly config: ResourceConfig
  readonly value: ResourceValue
  /** Byte of the table's file. */
  readonly offset: number
}

export type NamedResource = {
  readonly name: string
  /** One for each configuration. */
  readonly entries: () => readonly ResourceEntry[]
}

/** Resources of one module, split or library, as `resources.arsc`, `resources.pb` or folders of XML hold them. */
export type ResourceTable = {
  /** Of its file. */
  readonly path: string
  /** One for each configuration. Empty where there is none. */
  readonly byId: (id: number) => readonly ResourceEntry[]
  /** @param name `xml/network_security_config` */
  readonly byName: (name: string) => readonly ResourceEntry[]
  /** Every resource of a type, such as `string`, each once, by its name. */
  readonly ofType: (type: string) => Iterable<NamedResource>
  /** Of a resource: `xml/network_security_config`. Undefined where it has none, or one made unreadable. */
  readonly nameOf: (id: number) => string | undefined
}

const maxHops = 16
const maxValues = 64

/**
 * Follows references to what they come to on every device.
 *
 * @param tables of the package, its splits or modules; all are asked
 * @returns values that are no references, one for each configuration; empty where it leads nowhere or in a circle
 */
export function resolveResource(
  tables: readonly ResourceTable[],
  value: ResourceValue,
): readonly ResourceEntry[] {
  const found: ResourceEntry[] = []
  const seen = new Set<string>()
  let open: ResourceEntry[] = [{ value, config: { sdk: 0, isDefault: true }, offset: 0 }]
  for (let hop = 0; hop <= maxHops && open.length > 0; hop++) {
    const next: ResourceEntry[] = []
    for (const entry of open) {
      if (entry.value.kind !== 'reference') {
        found.push(entry)
        continue
      }
      const { id, name } = entry.value
      const key = `${id}/${name ?? ''}`
      if (seen.has(key)) continue
      seen.add(key)
      for (const table of tables) {
        const byId = id === 0 ? [] : table.byId(id)
        const led = byId.length > 0 || name === undefined ? byId : table.byName(name)
        next.push(...led.slice(0, maxValues))
      }
    }
    open = next.slice(0, maxValues)
  }
  return found.slice(0, maxValues)
}
