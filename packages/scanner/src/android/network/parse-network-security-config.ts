import type { Location } from '../../finding.ts'
import type { Setting } from '../manifest/manifest.ts'
import { childElements, type XmlElement } from '../xml/xml-element.ts'
import {
  type ConfigEntry,
  ConfigurationCrash,
  type ConfiguredDomain,
  type NetworkSecurityConfig,
} from './network-security-config.ts'
import { javaTrim } from './java-text.ts'
import { parsePinSet } from './parse-pin-set.ts'
import { parseTrustAnchors } from './parse-trust-anchors.ts'
import { attributeFlag, onlyText, type Parsing, place } from './parsing.ts'

/**
 * Parses as the platform does, fault by fault (`android.security.net.config.XmlConfigSource`, AOSP frameworks/base
 * packages/NetworkSecurityConfig): elements it does not know are passed over, values that are no booleans are the default.
 *
 * @throws ConfigurationCrash where the app would crash at its first connection
 */
export function parseNetworkSecurityConfig(
  root: XmlElement,
  path: string,
  isDebuggable: boolean,
): NetworkSecurityConfig {
  const parsing: Parsing = { path, seenDomains: new Set() }
  if (root.name !== 'network-security-config') {
    throw new ConfigurationCrash(
      `the document begins with <${root.name}> instead of <network-security-config>`,
      place(parsing, root),
    )
  }
  let base: ConfigEntry | undefined
  let debug: ConfigEntry | undefined
  let hasDebugOverrides = false
  const entries: ConfigEntry[][] = []
  for (const element of childElements(root)) {
    if (element.name === 'base-config') {
      if (base) throw new ConfigurationCrash('there are two <base-config>', place(parsing, element))
      ;[base] = parseEntry(element, 'base-config', undefined, parsing)
    } else if (element.name === 'domain-config') {
      entries.push(parseEntry(element, 'domain-config', undefined, parsing))
    } else if (element.name === 'debug-overrides') {
      if (hasDebugOverrides) {
        throw new ConfigurationCrash('there are two <debug-overrides>', place(parsing, element))
      }
      hasDebugOverrides = true
      if (isDebuggable) [debug] = parseEntry(element, 'debug-overrides', undefined, parsing)
    }
  }
  return { path, base, domains: entries.flat(), debug }
}

/** The entry itself first, then those within it. */
function parseEntry(
  element: XmlElement,
  kind: ConfigEntry['kind'],
  parent: ConfigEntry | undefined,
  parsing: Parsing,
): [ConfigEntry, ...ConfigEntry[]] {
  const crash = (message: string, at: XmlElement) =>
    new ConfigurationCrash(message, place(parsing, at))
  const domains: ConfiguredDomain[] = []
  const nested: XmlElement[] = []
  let anchors: ConfigEntry['anchors']
  let pinSet: ConfigEntry['pinSet']
  for (const child of childElements(element)) {
    if (domainOnly.has(child.name) && kind !== 'domain-config') {
      throw crash(`<${child.name}> is not allowed in <${kind}>`, child)
    }
    if (child.name === 'domain') domains.push(parseDomain(child, parsing))
    else if (child.name === 'trust-anchors') {
      if (anchors) throw crash('there are two <trust-anchors> in one configuration', child)
      anchors = parseTrustAnchors(child, kind, parsing)
    } else if (child.name === 'pin-set') {
      if (pinSet) throw crash('there are two <pin-set> in one configuration', child)
      pinSet = parsePinSet(child, parsing)
    } else if (child.name === 'certificateTransparency' && kind === 'debug-overrides') {
      throw crash(`<${child.name}> is not allowed in <${kind}>`, child)
    } else if (child.name === 'domain-config') nested.push(child)
  }
  if (kind === 'domain-config' && domains.length === 0) {
    throw crash('a <domain-config> has no <domain>', element)
  }
  const location = place(parsing, element)
  const cleartext = cleartextOf(element, location)
  const entry: ConfigEntry = { kind, cleartext, anchors, pinSet, domains, parent, location }
  return [entry, ...nested.flatMap((child) => parseEntry(child, kind, entry, parsing))]
}

const domainOnly = new Set(['domain', 'pin-set', 'domain-config'])

/**
 * By name alone, in whatever namespace; a value that is no boolean, such as a reference to one, is taken for true.
 * Where it stands twice, the last counts.
 */
function cleartextOf(element: XmlElement, location: Location): Setting<boolean> | undefined {
  const attribute = element.attributes.findLast(({ name }) => name === 'cleartextTrafficPermitted')
  if (attribute === undefined) return undefined
  return { value: attributeFlag(attribute, true), location }
}

function parseDomain(element: XmlElement, parsing: Parsing): ConfiguredDomain {
  const location = place(parsing, element)
  const written = onlyText(element, parsing, 'the name of a domain is missing')
  const host = javaTrim(written).toLowerCase()
  if (parsing.seenDomains.has(host)) {
    throw new ConfigurationCrash(`the domain ${host} stands there twice`, location)
  }
  parsing.seenDomains.add(host)
  const attribute = element.attributes.find(
    ({ name, namespace }) => name === 'includeSubdomains' && !namespace,
  )
  const includesSubdomains = attribute !== undefined && attributeFlag(attribute, false)
  return { host, includesSubdomains, location: { ...location, within: `<domain> ${host}` } }
}
