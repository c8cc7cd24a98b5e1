import type { ResourceValue } from '../resources/resource-value.ts'

export type XmlAttribute = {
  readonly namespace: string | undefined
  /** May be empty or nonsense in files that hide: the platform goes by `resourceId` then. */
  readonly name: string
  /** Of the attribute's own name: `0x0101000f` is `android:debuggable`. Undefined in XML that is text. */
  readonly resourceId: number | undefined
  readonly value: ResourceValue
  /** Byte of the file. */
  readonly offset: number
}

export type XmlText = { readonly text: string }

export type XmlElement = {
  readonly namespace: string | undefined
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly (XmlElement | XmlText)[]
  /** Byte of the file. */
  readonly offset: number
}

/** What one document may hold; texts count as elements. Real ones stay far below. */
export const xmlLimits = { elements: 100_000, attributes: 400_000, depth: 200 }

export const androidNamespace = 'http://schemas.android.com/apk/res/android'

export function isElement(node: XmlElement | XmlText): node is XmlElement {
  return 'name' in node
}

/** Elements right below another; of one name, where it is given. Namespaces are not looked at. */
export function childElements(element: XmlElement, name?: string): XmlElement[] {
  return element.children
    .filter(isElement)
    .filter((child) => name === undefined || child.name === name)
}

/** An attribute without a namespace: `package`, `domain`'s `includeSubdomains`. */
export function plainAttribute(element: XmlElement, name: string): XmlAttribute | undefined {
  return element.attributes.find((each) => each.name === name && !each.namespace)
}

/** Builds elements from a stream of starts, texts and ends, and holds it to the limits. */
export class XmlTree {
  readonly #faults: Set<string>
  readonly #open: { element: XmlElement; children: (XmlElement | XmlText)[] }[] = []
  #root: XmlElement | undefined
  #elements = 0
  #attributes = 0
  /** Elements opened below the greatest depth: left out, with what is in them. */
  #tooDeep = 0

  constructor(faults: Set<string>) {
    this.#faults = faults
  }

  get root(): XmlElement | undefined {
    return this.#root
  }

  /** Nothing more is taken: whoever reads may stop. */
  get isFull(): boolean {
    return this.#elements >= xmlLimits.elements || this.#attributes >= xmlLimits.attributes
  }

  start(start: Omit<XmlElement, 'children'>): void {
    if (this.#open.length >= xmlLimits.depth) {
      this.#faults.add(`elements nested more than ${xmlLimits.depth} deep are not read`)
    }
    if (this.isFull || this.#open.length >= xmlLimits.depth || this.#tooDeep > 0) {
      this.#tooDeep += 1
      return
    }
    this.#elements += 1
    this.#attributes += start.attributes.length
    this.#noteIfFull()
    const children: (XmlElement | XmlText)[] = []
    const element = { ...start, children }
    const parent = this.#open.at(-1)
    if (parent) parent.children.push(element)
    else this.#root ??= element
    this.#open.push({ element, children })
  }

  text(text: string): void {
    if (this.#tooDeep > 0 || this.isFull) return
    this.#elements += 1
    this.#noteIfFull()
    this.#open.at(-1)?.children.push({ text })
  }

  end(): void {
    if (this.#tooDeep > 0) this.#tooDeep -= 1
    else this.#open.pop()
  }

  #noteIfFull(): void {
    if (this.isFull) this.#faults.add('too many elements: the rest is not read')
  }
}
