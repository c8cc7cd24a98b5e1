import { androidAppDetector } from './android/android-app-detector.ts'
import type { DetectorMaker, Judge } from './detector.ts'

/** Who looks at everything that is read. */
export const detectors: readonly DetectorMaker[] = [androidAppDetector]

/** Who says what the facts of the whole package mean. */
export const judges: readonly Judge[] = []
