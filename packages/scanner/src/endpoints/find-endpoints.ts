import { isIPv4, isIPv6 } from 'node:net'
import type { DetectorMaker } from '../detector.ts'
import type { Sink } from '../sink.ts'
import type { TextRegion } from '../text-region.ts'
import { findServicePaths } from './service-paths.ts'
import { isOfInterest } from './uninteresting-hosts.ts'

/** Distinct ones of a package. Large apps have some thousands. */
const maxEndpoints = 20_000

const schemes = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'mqtt', 'mqtts', 'grpc', 'grpcs'])
/** Behind `://`: user information, host, port, path. Braces are parameters. */
const authority =
  /(?:[^\s/?#"'<>\\@]{1,128}@)?(?<host>\[[0-9A-Fa-f:.]{3,45}\]|[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}\.){0,8}[A-Za-z0-9-]{1,63})(?::\d{1,5})?(?<path>\/[A-Za-z0-9._~!$&'()*+,;=:@%/{}-]{0,512})?/y

/**
 * Fact `endpoints`: addresses of servers as they stand in text, each once, at the place it was first seen. Names of
 * namespaces, licences, documentation and examples are left out; whether the app speaks to the rest cannot be told.
 * With a gateway's routes: fact `servicePaths` too.
 */
export const endpointDetector: DetectorMaker = ({ gatedRoutes }) => {
  const seen = new Set<string>()
  const seenPaths = new Set<string>()
  let isFull = false

  function take(region: TextRegion, at: number, sink: Sink): void {
    const found = endpointAt(region.text, at)
    if (found === undefined) return
    const { scheme, host, path, start } = found
    const key = `${scheme}://${host}${path}`
    if (seen.has(key)) return
    if (seen.size >= maxEndpoints) {
      if (!isFull)
        sink.notChecked(
          region.path,
          `more than ${maxEndpoints} addresses: the rest were passed over`,
        )
      isFull = true
      return
    }
    seen.add(key)
    if (!isOfInterest(host, path)) return
    const location = { path: region.path, offset: region.offsetAt(start) }
    sink.fact('endpoints', { scheme, host, path, location })
  }

  return {
    text: (region, sink) => {
      const { text } = region
      for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3))
        take(region, at, sink)
      if (gatedRoutes === undefined) return
      findServicePaths(text, (path, index) => {
        if (seenPaths.has(path) || seenPaths.size >= maxEndpoints) return
        seenPaths.add(path)
        sink.fact('servicePaths', {
          path,
          location: { path: region.path, offset: region.offsetAt(index) },
        })
      })
    },
  }
}

/** @param at of `://` */
function endpointAt(text: string, at: number) {
  let start = at
  while (start > 0 && at - start < 6 && isLetter(text.charCodeAt(start - 1))) start -= 1
  const scheme = text.slice(start, at).toLowerCase()
  if (!schemes.has(scheme)) return undefined
  authority.lastIndex = at + 3
  const { host, path = '' } = authority.exec(text)?.groups ?? {}
  if (host === undefined || !isHost(host)) return undefined
  return { scheme, host: host.toLowerCase().replaceAll(/^\[|\]$/g, ''), path: trimmed(path), start }
}

/** A name with a top-level domain of letters, or an address of four numbers or in brackets. */
function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1))
  if (isIPv4(host)) return true
  return /\.(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59})$/.test(host)
}

/** What ends a sentence or a bracket in front of it is no part of a path. */
function trimmed(path: string): string {
  return path.replace(/[.,;:!'()*]{1,8}$/, '')
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
}
