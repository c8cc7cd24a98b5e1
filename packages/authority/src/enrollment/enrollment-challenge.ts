import { Problem } from '@sallyport/problem'
import type { AppConfig } from '../config/app-config.ts'
import type { ChallengeScope } from './challenge.ts'

/**
 * What a challenge for an enrolment is bound to: the app, and where its policy says so the connection.
 *
 * @param connection tells the exporter value of the connection; undefined where it has none of its own
 * @throws Problem `challenge_connection_unbindable`
 */
export function enrollmentScope(
  appId: string,
  app: AppConfig,
  connection: () => Uint8Array | undefined,
): ChallengeScope {
  const scope = { appId, purpose: 'enroll' } as const
  if (!app.enrollment.bindChallengeToConnection) return scope
  const binding = connection()
  if (binding === undefined) {
    throw new Problem('challenge_connection_unbindable', {
      expected: 'TLS 1.3',
      found: 'an earlier version',
    })
  }
  return { ...scope, connection: binding }
}
