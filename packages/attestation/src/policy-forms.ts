/*
 * How people write values of a policy, in configuration and commands alike. Patterns are those of JSON Schema.
 */

/** `2026-05` or `2026-05-05`. */
export const patchLevelPattern = '^20[0-9]{2}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?$'

/** A SHA-256 in hex of either case: with colons, as keytool and the Play Console print it, or bare. */
export const digestPattern = '^(?:[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})$'

/** A digest of that form as policies have it: lower-case hex without colons. */
export function bareDigest(digest: string): string {
  return digest.replaceAll(':', '').toLowerCase()
}
