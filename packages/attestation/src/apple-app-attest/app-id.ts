import { createHash } from 'node:crypto'
import { isSameBytes } from '../same-bytes.ts'

/** The app id (`TEAMID.bundle.id`) whose SHA-256 the authenticator data have, or undefined. */
export function findAppId(rpIdHash: Buffer, appIds: readonly string[]): string | undefined {
  return appIds.find((appId) => isSameBytes(rpIdHash, createHash('sha256').update(appId).digest()))
}
