import { readXml, type XmlEvent } from './xml-pull.ts'

/** What Android makes of a file. */
export type PlatformConfig = {
  readonly domain: string
  readonly includesSubdomains: boolean
  readonly pins: ReadonlySet<string>
  /** Milliseconds, as UTC; the platform takes its own time zone. */
  readonly expiration: number
  readonly anchors: readonly string[]
  readonly cleartext: boolean | undefined
}

/** Ends an app at its first connection: XmlConfigSource rethrows it as a RuntimeException. */
export class ParserException extends Error {}

/**
 * The rules of android.security.net.config.XmlConfigSource (AOSP), written anew: what it takes, what it refuses, and
 * that elements it does not know are skipped.
 */
export function parseNetworkSecurityConfig(text: string): PlatformConfig[] {
  const parser = new Cursor(readXml(text))
  const root = parser.next()
  if (root?.kind !== 'start' || root.name !== 'network-security-config') {
    throw new ParserException('unexpected start tag')
  }
  const configs: PlatformConfig[] = []
  const seenDomains = new Set<string>()
  const seen = new Set<string>()
  for (const element of parser.children()) {
    if (element.name === 'domain-config') parseDomainConfig(parser, element, seenDomains, configs)
    else {
      if (['base-config', 'debug-overrides'].includes(element.name) && seen.has(element.name)) {
        throw new ParserException(`Only one ${element.name} allowed`)
      }
      seen.add(element.name)
      parser.skip()
    }
  }
  return configs
}

/** ApplicationConfig.getConfigForHostname: the exact one, else the longest that includes subdomains. */
export function configFor(configs: readonly PlatformConfig[], name: string) {
  const exact = configs.find(({ domain }) => domain === name)
  if (exact !== undefined) return exact
  return configs
    .filter(({ domain, includesSubdomains }) => includesSubdomains && name.endsWith(`.${domain}`))
    .toSorted((a, b) => b.domain.length - a.domain.length)[0]
}

type Start = Extract<XmlEvent, { kind: 'start' }>

class Cursor {
  private at = 0
  private readonly events: readonly XmlEvent[]

  constructor(events: readonly XmlEvent[]) {
    this.events = events
  }

  next(): XmlEvent | undefined {
    return this.events[this.at++]
  }

  /** XmlUtils.nextElementWithin: the elements directly within the one that was read last. */
  *children(): Generator<Start> {
    for (
      let event = this.next();
      event !== undefined && event.kind !== 'end';
      event = this.next()
    ) {
      if (event.kind === 'start') yield event
    }
  }

  /** XmlUtils.skipCurrentTag. */
  skip(): void {
    for (const _ of this.children()) this.skip()
  }

  text(missing: string, more: string): string {
    const event = this.next()
    if (event?.kind !== 'text') throw new ParserException(missing)
    if (this.next()?.kind !== 'end') throw new ParserException(more)
    return event.text.trim()
  }
}

function parseDomainConfig(
  parser: Cursor,
  config: Start,
  seenDomains: Set<string>,
  configs: PlatformConfig[],
): void {
  const domains: { domain: string; includesSubdomains: boolean }[] = []
  const anchors: string[] = []
  let pinSet: { pins: Set<string>; expiration: number } | undefined
  let hasAnchors = false
  for (const element of parser.children()) {
    if (element.name === 'domain') domains.push(parseDomain(parser, element, seenDomains))
    else if (element.name === 'pin-set') {
      if (pinSet !== undefined) throw new ParserException('Multiple pin-set elements not allowed')
      pinSet = parsePinSet(parser, element)
    } else if (element.name === 'trust-anchors') {
      if (hasAnchors) throw new ParserException('Multiple trust-anchor elements not allowed')
      hasAnchors = true
      anchors.push(...parseTrustAnchors(parser))
    } else if (element.name === 'domain-config') {
      parseDomainConfig(parser, element, seenDomains, configs)
    } else parser.skip()
  }
  if (domains.length === 0) throw new ParserException('No domain elements in domain-config')
  const cleartext = config.attributes.get('cleartextTrafficPermitted')
  for (const domain of domains) {
    configs.push({
      ...domain,
      pins: pinSet?.pins ?? new Set(),
      expiration: pinSet?.expiration ?? Number.POSITIVE_INFINITY,
      anchors,
      cleartext: cleartext === undefined ? undefined : cleartext === 'true',
    })
  }
}

function parseDomain(parser: Cursor, element: Start, seen: Set<string>) {
  const includesSubdomains = element.attributes.get('includeSubdomains') === 'true'
  const text = parser.text('Domain name missing', 'domain contains additional elements')
  const domain = text.toLowerCase()
  if (seen.has(domain)) throw new ParserException(`${domain} has already been specified`)
  seen.add(domain)
  return { domain, includesSubdomains }
}

function parsePinSet(parser: Cursor, element: Start): { pins: Set<string>; expiration: number } {
  const pins = new Set<string>()
  const expiration = element.attributes.get('expiration')
  for (const child of parser.children()) {
    if (child.name !== 'pin') parser.skip()
    else {
      if (child.attributes.get('digest') !== 'SHA-256') {
        throw new ParserException('Unsupported pin digest algorithm')
      }
      const digest = parser.text('Missing pin digest', 'pin contains additional elements')
      if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(digest)) throw new ParserException('Invalid pin digest')
      const bytes = Buffer.from(digest, 'base64')
      if (bytes.length !== 32) throw new ParserException(`digest length ${bytes.length}`)
      pins.add(bytes.toString('base64'))
    }
  }
  if (expiration === undefined) return { pins, expiration: Number.POSITIVE_INFINITY }
  const at = Date.parse(expiration)
  // SimpleDateFormat("yyyy-MM-dd"), not lenient: 2027-02-30 is none.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(expiration)) {
    throw new ParserException('Invalid expiration date in pin-set')
  }
  return { pins, expiration: at }
}

function parseTrustAnchors(parser: Cursor): string[] {
  const sources: string[] = []
  for (const element of parser.children()) {
    if (element.name === 'certificates') {
      const source = element.attributes.get('src')
      if (source === undefined) throw new ParserException('certificates element missing src')
      if (!/^(?:system|user|@raw\/[a-z0-9_]+)$/.test(source)) {
        throw new ParserException('Unknown certificates src')
      }
      sources.push(source)
    }
    parser.skip()
  }
  return sources
}
