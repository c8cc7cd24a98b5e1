import type { Location } from '../../finding.ts'
import type { XmlAttribute, XmlElement } from '../xml/xml-element.ts'
import { ConfigurationCrash } from './network-security-config.ts'

/** What the parser keeps while it goes through one document. */
export type Parsing = { readonly path: string; readonly seenDomains: Set<string> }

/** Where an element stands, for findings. */
export function place({ path }: Parsing, element: XmlElement): Location {
  return { path, offset: element.offset, within: `<${element.name}>` }
}

/** `XmlResourceParser.getAttributeBooleanValue`: what was not compiled to a number or boolean is the default. */
export function attributeFlag({ value }: XmlAttribute, otherwise: boolean): boolean {
  if (value.kind === 'boolean') return value.isTrue
  return value.kind === 'integer' ? value.value !== 0 : otherwise
}

/** @throws ConfigurationCrash where an element does not hold text, or holds more than that */
export function onlyText(element: XmlElement, parsing: Parsing, missing: string): string {
  const [first, ...more] = element.children
  if (first === undefined || !('text' in first)) {
    throw new ConfigurationCrash(missing, place(parsing, element))
  }
  if (more.length > 0) {
    const message = `<${element.name}> holds more than text`
    throw new ConfigurationCrash(message, place(parsing, element))
  }
  return first.text
}
