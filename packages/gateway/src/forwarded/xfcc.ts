import { readEscapedPem } from './escaped-pem.ts'
import { type ForwardedChain, noChain, unreadable } from './forwarded-chain.ts'
import { splitUnquoted } from './split-unquoted.ts'

/** What one proxy said of its client: pairs by lower-case key. A key may come several times (URI, DNS). */
type Element = ReadonlyMap<string, readonly string[]>

/** More proxies than one request passes. */
const maxElements = 16
const maxPairs = 64
const keyPattern = /^[A-Za-z]{1,32}$/

/**
 * `X-Forwarded-Client-Cert` of Envoy: elements joined by commas, one for each proxy, the last one's last;
 * of each element, pairs `Key=value` joined by semicolons, the value in quotes where it holds a separator.
 *
 * @param hops how many proxies that are believed have added an element: 1 is the one that dialled us. The
 *   certificate is that of the client of the first of them.
 */
export function readXfcc(text: string, hops: number): ForwardedChain {
  const elements = parseElements(text)
  if (typeof elements === 'string') return unreadable(elements)
  const element = elements.at(-hops)
  if (element === undefined) return unreadable(`${elements.length} elements for ${hops} proxies`)
  const certificates = element.get('cert') ?? []
  const chains = element.get('chain') ?? []
  if (certificates.length > 1 || chains.length > 1) return unreadable('Cert or Chain twice')
  const leaf = certificates[0] === undefined ? noChain : readEscapedPem(certificates[0])
  if (leaf.state === 'refused') return leaf
  if (leaf.state === 'read' && leaf.chain.length > 1)
    return unreadable('several certificates in Cert')
  const whole = chains[0] === undefined ? noChain : readEscapedPem(chains[0])
  if (whole.state !== 'read')
    return whole.state === 'refused' ? whole : certificateOf(leaf, element)
  // Chain begins with the leaf; where Cert stands beside it, both must name the same one.
  if (leaf.state === 'read' && !sameBytes(leaf.chain[0], whole.chain[0])) {
    return unreadable('Cert is not the first of Chain')
  }
  return whole
}

// An element with a hash or a subject but without the certificate cannot be verified by us.
function certificateOf(leaf: ForwardedChain, element: Element): ForwardedChain {
  if (leaf.state === 'read') return leaf
  const hasClient = element.has('hash') || element.has('subject')
  return hasClient
    ? unreadable('an element without Cert: set_current_client_cert_details')
    : noChain
}

function sameBytes(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one !== undefined && other !== undefined && one.equals(other)
}

/** @returns the elements, or what is wrong */
function parseElements(text: string): Element[] | string {
  const elements: Element[] = []
  for (const part of splitUnquoted(text, ',')) {
    if (elements.length === maxElements) return `more than ${maxElements} elements`
    const element = parseElement(part)
    if (typeof element === 'string') return element
    elements.push(element)
  }
  return elements
}

function parseElement(text: string): Element | string {
  const element = new Map<string, string[]>()
  const pairs = splitUnquoted(text, ';')
  if (pairs.length > maxPairs) return `more than ${maxPairs} pairs`
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const key = pair.slice(0, Math.max(0, equals)).trim()
    if (!keyPattern.test(key)) return 'a pair without a key'
    const value = unquoted(pair.slice(equals + 1).trim())
    if (value === undefined) return `the quotes of ${key}`
    const name = key.toLowerCase()
    const values = element.get(name)
    if (values === undefined) element.set(name, [value])
    else values.push(value)
  }
  return element
}

const quoted = /^"((?:[^"\\]|\\.)*)"$/s

function unquoted(value: string): string | undefined {
  if (!value.includes('"')) return value
  const match = quoted.exec(value)
  return match?.[1]?.replace(/\\(.)/gs, '$1')
}
