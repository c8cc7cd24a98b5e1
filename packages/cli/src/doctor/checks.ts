import { authorityCheck } from './authority-checks.ts'
import { certificateCheck } from './certificate-checks.ts'
import { fileCheck } from './file-checks.ts'
import type { DoctorCheck } from './finding.ts'
import { listenerCheck } from './live-checks.ts'
import { rootKeyCheck } from './root-key-check.ts'
import { switchCheck } from './switch-check.ts'

/** What doctor looks at, in order. */
export const doctorChecks: readonly DoctorCheck[] = [
  switchCheck,
  fileCheck,
  rootKeyCheck,
  certificateCheck,
  listenerCheck,
  authorityCheck,
]
