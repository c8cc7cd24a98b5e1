import type { Judge } from '../../detector.ts'
import { fileProtection, keychainAccess } from './data-protection.ts'
import { pinnedDomains } from './pinned-domains.ts'
import { debuggablePrograms, provisioning } from './provisioning.ts'
import { serverTrust } from './server-trust.ts'
import { transportSecurity } from './transport-security.ts'
import { trustKit } from './trust-kit.ts'

/** Who says what the facts of a package of iOS mean. */
export const iosJudges: readonly Judge[] = [
  transportSecurity,
  trustKit,
  pinnedDomains,
  provisioning,
  debuggablePrograms,
  keychainAccess,
  fileProtection,
  serverTrust,
]
