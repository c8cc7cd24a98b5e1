import { androidSubject } from './android-subject.ts'
import { appAttestSubjects } from './app-attest-subjects.ts'
import type { Subject } from './subject.ts'

/** What is verified: phones under each of Google's two roots, then what is told for information. */
export const subjects: readonly (() => Subject)[] = [
  () => androidSubject('akita/sdk34/TEE_EC_NONE'),
  () => androidSubject('tegu/sdk36/TEE_EC_2026_ROOT'),
  ...appAttestSubjects,
]
