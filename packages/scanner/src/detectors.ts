import { androidAppDetector } from './android/android-app-detector.ts'
import { androidJudges } from './android/judges/android-judges.ts'
import { encodedBytes } from './decode/encoded-bytes.ts'
import type { DetectorMaker, Judge } from './detector.ts'
import { judgeCode } from './dex/judge-code.ts'
import { keystoreHints } from './dex/keystore-hints.ts'
import { iosJudges } from './ios/judges/ios-judges.ts'
import { keyDetector } from './keys/key-detector.ts'
import { pinSetJudge } from './pinning/pin-set-judge.ts'
import { pinningMissing } from './pinning/pinning-missing.ts'
import { hardcodedSecrets } from './secrets/hardcoded-secrets.ts'
import { endpointDetector } from './endpoints/find-endpoints.ts'
import { ungatedEndpoint } from './endpoints/ungated-endpoint.ts'
import { cleartextAddress } from './endpoints/cleartext-address.ts'

/** Who looks at everything that is read. */
export const detectors: readonly DetectorMaker[] = [
  androidAppDetector,
  // Lists of one line each, so that two who add to them do not meet.
  endpointDetector,
  encodedBytes,
  hardcodedSecrets,
  // Before keys: it gives passwords.
  keystoreHints,
  keyDetector,
]

/** Who says what the facts of the whole package mean. */
export const judges: readonly Judge[] = [
  cleartextAddress,
  ungatedEndpoint,
  ...androidJudges,
  ...iosJudges,
  judgeCode,
  pinSetJudge,
  pinningMissing,
]
