import path from 'node:path'
import type { Report } from '../report.ts'
import { visible } from '../visible.ts'

type ArtifactLocation = { readonly uri: string; readonly index: number }

/** The package and the entries of it that are named, as nested artifacts (SARIF 2.1.0 §3.24.4). */
export type SarifArtifacts = {
  /** @param entry path within the package; empty for the package itself */
  readonly locate: (entry: string) => ArtifactLocation
  readonly list: () => readonly Record<string, unknown>[]
}

export function sarifArtifacts({ file, app }: Report): SarifArtifacts {
  const root = packageUri(file)
  const indexes = new Map<string, number>([[root, 0]])
  const all: Record<string, unknown>[] = [
    {
      location: { uri: root, index: 0 },
      roles: ['analysisTarget'],
      length: app.bytes,
      ...(app.sha256 === undefined ? {} : { hashes: { 'sha-256': app.sha256 } }),
    },
  ]
  return {
    locate: (entry) => {
      const uri = entry === '' ? root : `${root}!/${encodedPath(entry)}`
      const known = indexes.get(uri)
      if (known !== undefined) return { uri, index: known }
      const index = all.length
      indexes.set(uri, index)
      all.push({ location: { uri, index }, parentIndex: 0 })
      return { uri, index }
    },
    list: () => all,
  }
}

/** Its name alone: where it lay on the machine that scanned it says nothing, and differs between builds. */
export function packageUri(file: string): string {
  return encodedPath(path.basename(path.resolve(file)))
}

/**
 * A relative reference (RFC 3986 §4.2), whatever the entry is called: no scheme, no authority. Dots that would climb are
 * shown as their code points, since `%2E%2E` climbs as well (WHATWG URL, "double-dot URL path segment").
 */
function encodedPath(entry: string): string {
  const segments = visible(entry)
    .split('/')
    .filter((segment) => segment !== '')
  return segments
    .map((segment) =>
      encodeURIComponent(/^\.{1,2}$/.test(segment) ? segment.replaceAll('.', '\\u{2e}') : segment),
    )
    .join('/')
}
