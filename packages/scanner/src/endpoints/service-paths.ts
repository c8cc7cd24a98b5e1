import type { Location } from '../finding.ts'
import { literalFinder } from '../text/literal-finder.ts'

/** A path without a host, as clients of services are given: `@GET("v1/accounts/{id}")`. */
export type ServicePath = {
  /** With a slash in front; `{id}` for a parameter. */
  readonly path: string
  readonly location: Location
}

/** Words that paths of services begin with, or a parameter: all of them hold one of these. */
const words = [
  'api', 'rest', 'graphql', 'mobile', 'gateway', 'public', 'auth', 'oauth', 'oauth2', 'rpc', 'service', 'services',
] // biome-ignore format: a list
const fronts = [...words, ...[...'0123456789'].map((digit) => `v${digit}`)].map(
  (word) => `${word}/`,
)
const parameters = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `/{${letter}`)
const find = literalFinder(
  [...fronts, ...parameters].map((literal) => ({ literal, anyCase: true, value: undefined })),
)

/** A whole string: two segments at least. */
const candidate =
  /\/?(?<path>(?:[A-Za-z0-9_.~-]{1,64}|\{[A-Za-z][A-Za-z0-9_]{0,62}\})(?:\/(?:[A-Za-z0-9_.~-]{1,64}|\{[A-Za-z][A-Za-z0-9_]{0,62}\})){1,12})\/?(?=["'`\n?]|$)/y
const longestPath = 400
const serviceFront =
  /^(?:api|v\d{1,2}|rest|graphql|mobile|rpc|services?|gateway|public|auth|oauth2?)\//
/** What lies in packages, not on servers. */
const file =
  /\.(?:xml|json|js|css|html?|png|jpe?g|gif|svg|webp|ttf|otf|so|dex|kt|java|class|properties|proto|txt|md)$/i

/** Paths of a service that stand alone in a text. Guessed from their form. */
export function findServicePaths(text: string, found: (path: string, index: number) => void): void {
  let readTo = 0
  find(text, (at) => {
    if (at < readTo) return
    let start = at
    while (start > readTo && at - start < longestPath && !ends.has(text[start - 1] as string))
      start -= 1
    candidate.lastIndex = start
    const match = candidate.exec(text)
    readTo = match === null ? at + 1 : candidate.lastIndex
    const path = match?.groups?.['path']
    if (path === undefined || file.test(path)) return
    if (serviceFront.test(path) || path.includes('{')) found(`/${path}`, start)
  })
}

/** What a string of code or of a pool stands between. */
const ends = new Set(['"', "'", '`', '\n'])
