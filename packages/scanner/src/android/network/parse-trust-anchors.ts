import { childElements, plainAttribute, type XmlElement } from '../xml/xml-element.ts'
import {
  type ConfigEntry,
  ConfigurationCrash,
  type TrustAnchors,
} from './network-security-config.ts'
import { attributeFlag, type Parsing, place } from './parsing.ts'

const named = ['system', 'user', 'wfa'] as const

/** @throws ConfigurationCrash where `XmlConfigSource.parseTrustAnchors` throws */
export function parseTrustAnchors(
  element: XmlElement,
  kind: ConfigEntry['kind'],
  parsing: Parsing,
): TrustAnchors[] {
  const isForDebugging = kind === 'debug-overrides'
  return childElements(element, 'certificates').map((child) => {
    const override = plainAttribute(child, 'overridePins')
    const overridesPins =
      override === undefined ? isForDebugging : attributeFlag(override, isForDebugging)
    const location = place(parsing, child)
    const source = sourceOf(child, parsing)
    return {
      source,
      overridesPins,
      isForDebugging,
      location: { ...location, within: `<certificates src="${source}">` },
    }
  })
}

function sourceOf(element: XmlElement, parsing: Parsing): TrustAnchors['source'] {
  const value = plainAttribute(element, 'src')?.value
  if (value === undefined) {
    throw new ConfigurationCrash('<certificates> has no src', place(parsing, element))
  }
  if (value.kind === 'reference') return 'resource'
  const source = value.kind === 'string' ? named.find((name) => name === value.text) : undefined
  if (source === undefined) {
    const message = 'the src of <certificates> is none of system, user, and a resource'
    throw new ConfigurationCrash(message, place(parsing, element))
  }
  return source
}
