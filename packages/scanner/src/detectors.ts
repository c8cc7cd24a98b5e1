import type { DetectorMaker, Judge } from './detector.ts'

/** Who looks at everything that is read. */
export const detectors: readonly DetectorMaker[] = []

/** Who says what the facts of the whole package mean. */
export const judges: readonly Judge[] = []
