import type { Judge } from '../../detector.ts'
import type { Severity } from '../../finding.ts'
import type { AndroidApp } from '../android-app.ts'
import type { ManifestPermission } from '../manifest/manifest.ts'
import { identityOf } from './identity.ts'

/** The API level from which it gives nothing any more to apps that target it. */
const scopedStorage = 30
const lastWithoutScopes = 28

const permissions: Readonly<
  Record<
    string,
    (permission: ManifestPermission, app: AndroidApp) => { severity: Severity; means: string }
  >
> = {
  'android.permission.MANAGE_EXTERNAL_STORAGE': () => ({
    severity: 'medium',
    means: 'With it the app reads and writes all shared storage, and asks its user to allow that.',
  }),
  'android.permission.WRITE_EXTERNAL_STORAGE': ({ maxSdk }, { targetSdk, base }) => {
    if (maxSdk !== undefined && maxSdk <= lastWithoutScopes) {
      return { severity: 'info', means: `It is asked for up to API level ${maxSdk} only.` }
    }
    const legacy = base.requestLegacyExternalStorage?.value === true
    if (targetSdk < scopedStorage) {
      const also = legacy ? ', and the manifest asks for the old kind of storage on Android 10' : ''
      return {
        severity: 'low',
        means: `targetSdk is ${targetSdk}: it opens all shared storage${also}.`,
      }
    }
    return {
      severity: 'info',
      means: `targetSdk is ${targetSdk}: from Android 11 on it gives nothing any more.`,
    }
  },
}

/** Permissions to write to storage that other apps read. */
export const externalStorage: Judge = function* ({ androidApps }, about) {
  for (const app of androidApps) {
    const asked = new Map(
      app.manifests
        .flatMap((each) => each.permissions)
        .toReversed()
        .map((each) => [each.name, each]),
    )
    for (const [name, permission] of asked) {
      const { location } = permission
      const judged = Object.hasOwn(permissions, name)
        ? permissions[name]?.(permission, app)
        : undefined
      if (judged === undefined) continue
      yield {
        rule: 'external-storage-write',
        severity: judged.severity,
        confidence: 'firm',
        title: `${app.base.packageName} asks for ${name.replace('android.permission.', '')}`,
        detail: `${judged.means} What it writes there, this does not tell.`,
        locations: [location],
        identity: identityOf(about.app, app.base.packageName, name),
      }
    }
  }
}
