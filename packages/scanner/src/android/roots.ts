import type { StringPool } from './string-pool.ts'
import { childElements, type XmlElement } from './xml/xml-element.ts'

/** An XML document that says something about the app, whatever its file is called. */
export type AndroidXml = {
  readonly path: string
  readonly root: XmlElement
  /** As people write it, before a build: some of what compiled files hold is not there yet. */
  readonly isWritten?: boolean
}

const rootsOfInterest = new Set([
  'manifest',
  'network-security-config',
  'full-backup-content',
  'data-extraction-rules',
  'paths',
])

/** A FileProvider takes these below a root of any name. */
const fileProviderElements = new Set([
  'root-path',
  'files-path',
  'cache-path',
  'external-path',
  'external-files-path',
  'external-cache-path',
  'external-media-path',
])

export function isRootOfInterest(name: string): boolean {
  return rootsOfInterest.has(name)
}

/** Whether a pool of strings holds a name that only paths of a FileProvider have: cheaper than reading the document. */
export function mentionsFilePaths(strings: StringPool): boolean {
  for (let index = 0; index < strings.count; index++) {
    if (fileProviderElements.has(strings.peek(index) ?? '')) return true
  }
  return false
}

/** Whether a document is the paths of a FileProvider, whatever its root is called. */
export function isFilePaths(root: XmlElement): boolean {
  return childElements(root).some(({ name }) => fileProviderElements.has(name))
}
