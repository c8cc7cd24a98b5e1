import { type DerCursor, readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { asciiOf } from './der/der-value.ts'
import { derContext, derContextPrimitive, derSequence } from './der/der-writer.ts'
import { contextConstructed, contextPrimitive } from './der/tag.ts'

const rfc822Name = 1
const dnsName = 2
const uniformResourceIdentifier = 6
const ipAddress = 7

/**
 * NameConstraints (RFC 5280 §4.2.1.10) under which only URIs of one host, the trust domain, may be
 * named: every DNS name and address is excluded, and mail is confined to `invalid`, under which no
 * mailbox can exist (RFC 6761 §6.4), for verifiers do not agree on a form that excludes all mail.
 */
export function nameConstraintsFor(trustDomain: string): Buffer {
  const subtree = (form: number, base: Uint8Array) => derSequence(derContextPrimitive(form, base))
  const ascii = (text: string) => Buffer.from(text, 'latin1')
  return derSequence(
    derContext(
      0,
      subtree(uniformResourceIdentifier, ascii(trustDomain)),
      subtree(rfc822Name, ascii('invalid')),
    ),
    derContext(
      1,
      subtree(dnsName, ascii('')),
      // An address and its mask: 0.0.0.0/0 and ::/0.
      subtree(ipAddress, Buffer.alloc(8)),
      subtree(ipAddress, Buffer.alloc(32)),
    ),
  )
}

/** What a CA's name constraints say of URIs: hosts, in lower case. */
export type UriConstraints = {
  /** Undefined where URIs are not confined. */
  readonly permitted: readonly string[] | undefined
  readonly excluded: readonly string[]
}

/** The URI subtrees of NameConstraints; those of other forms are not read. Throws DerError. */
export function readUriConstraints(value: Uint8Array): UriConstraints {
  const outer = readDer(value)
  const constraints = outer.enter('nameConstraints')
  outer.end('nameConstraints')
  const permitted = readSubtrees(constraints, 0)
  const excluded = readSubtrees(constraints, 1)
  constraints.end('nameConstraints')
  return { permitted: permitted.length === 0 ? undefined : permitted, excluded }
}

/** Whether a URI of this host may be named. A constraint `.a.b` is met by hosts below a.b alone. */
export function isHostPermitted(host: string, constraints: UriConstraints): boolean {
  const name = host.toLowerCase()
  const lies = (base: string) => (base.startsWith('.') ? name.endsWith(base) : name === base)
  return !constraints.excluded.some(lies) && (constraints.permitted?.some(lies) ?? true)
}

function readSubtrees(constraints: DerCursor, number: number): string[] {
  if (constraints.peek() !== contextConstructed(number)) return []
  const hosts: string[] = []
  const list = constraints.enter('subtrees', contextConstructed(number))
  do {
    const subtree = list.enter('generalSubtree')
    const base = subtree.next(undefined, 'base')
    // RFC 5280: minimum is zero, and therefore not there; maximum is absent.
    if (!subtree.isDone) throw new DerError('generalSubtree: minimum or maximum', subtree.offset)
    if (base.tag === contextPrimitive(uniformResourceIdentifier)) {
      hosts.push(asciiOf(base, 'URI constraint').toLowerCase())
    }
  } while (!list.isDone)
  return hosts
}
