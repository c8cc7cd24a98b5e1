import type { DetectorMaker } from '../detector.ts'
import { androidApps, manifestsIn, mostManifests } from './android-app.ts'
import { tellNetworkPolicies } from './network/network-policies.ts'

/** Makes applications of manifests and resources, once all of them have been read. */
export const androidAppDetector: DetectorMaker = () => ({
  end(facts, sink) {
    for (const { path } of manifestsIn(facts.androidXml).slice(mostManifests)) {
      sink.notChecked(path, `more than ${mostManifests} manifests: this one was not judged`)
    }
    for (const app of androidApps(facts)) {
      sink.fact('androidApps', app)
      tellNetworkPolicies(app, sink)
      if (!app.hasSdks) {
        const why =
          'minSdkVersion and targetSdkVersion are not in it: what older platforms and targets allow is not judged'
        sink.notChecked(app.base.path, why)
      }
      const { packageName, versionName, versionCode, minSdk, targetSdk, path } = app.base
      sink.fact('appIdentities', {
        platform: 'android',
        path,
        ...(packageName === '' ? {} : { id: packageName }),
        ...(versionName === undefined ? {} : { version: versionName }),
        ...(versionCode === undefined ? {} : { versionCode }),
        ...(minSdk === undefined ? {} : { minSdk }),
        ...(targetSdk === undefined ? {} : { targetSdk }),
      })
    }
  },
})
