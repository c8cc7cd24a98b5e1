import { isLibrary } from '../../app-package.ts'
import type { Judge } from '../../detector.ts'
import { mayConnect } from '../network/effective-policy.ts'
import { identityOf } from './identity.ts'

/** `android:debuggable`. */
export const debuggable: Judge = function* ({ androidApps }, { app }) {
  for (const { base } of androidApps) {
    if (!base.debuggable?.value) continue
    yield {
      rule: 'debuggable',
      confidence: 'certain',
      title: `${base.packageName} is debuggable`,
      detail:
        'The manifest says android:debuggable="true". Anybody with the device can attach a debugger and become the app with run-as; <debug-overrides> of its network security configuration count.',
      locations: [base.debuggable.location],
      identity: identityOf(app, base.packageName, 'android:debuggable'),
    }
  }
}

const tls12From = 20

/** Before Android 5 the platform offers TLS 1.0 alone, unless code asks for more. */
export const weakTlsByPlatform: Judge = function* ({ androidApps }, about) {
  // What a library could run on is not what the app around it runs on.
  if (isLibrary(about.app.format)) return
  for (const app of androidApps) {
    const { base, minSdk } = app
    if (minSdk >= tls12From || !mayConnect(app)) continue
    yield {
      rule: 'weak-tls-version',
      severity: 'low',
      confidence: 'firm',
      title: `${base.packageName} runs where TLS 1.0 is all that the platform offers by itself`,
      detail: `minSdk is ${minSdk}. Before Android 5 (API level 21; 20 on watches) SSLSocket has TLS 1.0 alone enabled, so connections are no better unless code enables TLS 1.2, which is there from API level 16 on.`,
      fix: 'Raise minSdk to 21 or later, or enable TLS 1.2 in code.',
      locations: [{ path: base.path, within: '<uses-sdk> android:minSdkVersion' }],
      identity: identityOf(about.app, base.packageName, 'minSdk'),
    }
  }
}
