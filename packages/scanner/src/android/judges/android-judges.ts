import type { Judge } from '../../detector.ts'
import { backupAllowed } from './backup-allowed.ts'
import { cleartextTraffic } from './cleartext-traffic.ts'
import { exportedFileProvider } from './exported-file-provider.ts'
import { externalStorage } from './external-storage.ts'
import { debuggable, weakTlsByPlatform } from './manifest-flags.ts'
import { overriddenPins } from './overridden-pins.ts'
import { userCaTrusted } from './user-ca-trusted.ts'

/** Who says what manifests, network policies and backup rules of Android mean. */
export const androidJudges: readonly Judge[] = [
  debuggable,
  cleartextTraffic,
  userCaTrusted,
  overriddenPins,
  weakTlsByPlatform,
  backupAllowed,
  exportedFileProvider,
  externalStorage,
]
