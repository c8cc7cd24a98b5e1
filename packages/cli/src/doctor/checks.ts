import { acmeCheck } from './acme-check.ts'
import { adminTokenCheck } from './admin-token-check.ts'
import { attestationCheck } from './attestation-check.ts'
import { authorityCheck } from './authority-checks.ts'
import { breakGlassCheck } from './break-glass-check.ts'
import { caExpiryCheck } from './ca-expiry-check.ts'
import { certificateCheck } from './certificate-checks.ts'
import { counterCheck } from './counter-check.ts'
import { feedPinCheck } from './feed-pin-check.ts'
import { feedRestartCheck } from './feed-restart-check.ts'
import { fileCheck } from './file-checks.ts'
import type { DoctorCheck } from './finding.ts'
import { identityProviderCheck } from './identity-provider-check.ts'
import { issuerCheck } from './issuer-check.ts'
import { listenerCheck } from './live-checks.ts'
import { publishedStatusCheck } from './published-status-check.ts'
import { refusalCheck } from './refusal-check.ts'
import { authorityPartCheck, gatewayCheck } from './role-checks.ts'
import { rootKeyCheck } from './root-key-check.ts'
import { runningAuthorityCheck } from './running-authority-check.ts'
import { signingJournalCheck } from './signing-journal-check.ts'
import { switchCheck } from './switch-check.ts'
import { tokenExchangeCheck } from './token-exchange-check.ts'
import { upstreamCheck } from './upstream-check.ts'

/** What doctor looks at, in order. */
export const doctorChecks: readonly DoctorCheck[] = [
  authorityPartCheck,
  gatewayCheck,
  switchCheck,
  breakGlassCheck,
  feedPinCheck,
  fileCheck,
  rootKeyCheck,
  signingJournalCheck,
  certificateCheck,
  acmeCheck,
  listenerCheck,
  upstreamCheck,
  identityProviderCheck,
  tokenExchangeCheck,
  counterCheck,
  refusalCheck,
  runningAuthorityCheck,
  authorityCheck,
  issuerCheck,
  caExpiryCheck,
  attestationCheck,
  publishedStatusCheck,
  adminTokenCheck,
  feedRestartCheck,
]
