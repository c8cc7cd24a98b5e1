import { appServiceKinds } from './kinds/app-services.ts'
import { artificialIntelligenceKinds } from './kinds/artificial-intelligence.ts'
import { azureKinds } from './kinds/azure.ts'
import { cloudKinds } from './kinds/cloud.ts'
import { codeHostingKinds } from './kinds/code-hosting.ts'
import { credentialKinds } from './kinds/credentials.ts'
import { googleKinds } from './kinds/google.ts'
import { messagingKinds } from './kinds/messaging.ts'
import { paymentKinds } from './kinds/payment.ts'
import type { SecretKind } from './secret-kind.ts'

/** Every kind of secret that is looked for. Adding one is adding a row to the table of its field. */
export const secretKinds: readonly SecretKind[] = [
  ...cloudKinds,
  ...azureKinds,
  ...googleKinds,
  ...paymentKinds,
  ...messagingKinds,
  ...codeHostingKinds,
  ...artificialIntelligenceKinds,
  ...appServiceKinds,
  ...credentialKinds,
]
