import type { AndroidXml } from '../roots.ts'
import { valueOf } from '../xml/read-text-xml.ts'
import { isElement, plainAttribute, type XmlElement } from '../xml/xml-element.ts'
import type { ResourceEntry, ResourceTable } from './resource-table.ts'
import { type ResourceValue, valueText } from './resource-value.ts'

const inFolder = /^res\/([a-z]+)((?:-[^/]+)?)\/([^/]+)\.xml$/

/**
 * Resources that are files in folders: a library, a project, a package that apktool took apart. They go by name.
 *
 * @param container path to where `res/` lies: empty, or ending with `/`
 */
export function folderTable(container: string, files: readonly AndroidXml[]): ResourceTable {
  const entries = new Map<string, ResourceEntry[]>()
  const add = (name: string, entry: ResourceEntry) => {
    const same = entries.get(name)
    if (same) same.push(entry)
    else entries.set(name, [entry])
  }
  for (const { path, root } of files) {
    const inside = path.startsWith(container) ? path.slice(container.length) : ''
    const [, type, qualifiers = '', file] = inFolder.exec(inside) ?? []
    if (type === undefined || file === undefined) continue
    const config = {
      sdk: Number(/-v(\d+)$/.exec(qualifiers)?.[1] ?? 0),
      isDefault: qualifiers === '',
    }
    if (type !== 'values') {
      add(`${type}/${file}`, { config, value: { kind: 'string', text: inside }, offset: 0 })
      continue
    }
    for (const element of root.children.filter(isElement)) {
      add(nameOf(element), { config, value: valueIn(element), offset: element.offset })
    }
  }
  return {
    path: `${container}res/`,
    byId: () => [],
    byName: (name) => entries.get(name) ?? [],
    nameOf: () => undefined,
    *ofType(type) {
      for (const [name, values] of entries) {
        if (!name.startsWith(`${type}/`)) continue
        yield { name: name.slice(type.length + 1), entries: () => values }
      }
    },
  }
}

/** `<string name="a">` is `string/a`, `<item type="bool" name="b">` is `bool/b`. */
function nameOf(element: XmlElement): string {
  const written = (name: string) => {
    const value = plainAttribute(element, name)?.value
    return value === undefined ? '' : valueText(value)
  }
  const type = element.name === 'item' ? written('type') : element.name
  return `${type}/${written('name')}`
}

function valueIn(element: XmlElement): ResourceValue {
  if (element.children.some(isElement)) return { kind: 'bag' }
  const text = element.children.map((child) => ('text' in child ? child.text : '')).join('')
  return valueOf(text.trim())
}
