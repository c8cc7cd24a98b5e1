import { compareVersions } from '../stages/app-version.ts'

/** A patch level of Android: `2026-09`, `2026-09-05`. */
const date = /^\d{4}(?:-\d{2}){0,2}$/

/**
 * Whether a version is the same as another, or newer. Dates are in order part by part; in a version of
 * an app a hyphen begins a pre-release.
 */
export function isAtLeastVersion(version: string, minimum: string): boolean {
  if (!date.test(version) || !date.test(minimum)) return compareVersions(version, minimum) >= 0
  return compareVersions(version.replaceAll('-', '.'), minimum.replaceAll('-', '.')) >= 0
}

/** As `isAtLeastVersion`, of patch levels: what is no date is older than every date. */
export function isPatchedTo(level: string, minimum: string): boolean {
  return date.test(level) && isAtLeastVersion(level, minimum)
}
