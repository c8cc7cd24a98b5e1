import { createHash } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { ChallengedRequest, ChallengeJudge, ChallengeOutcome } from './admit-challenge.ts'
import { boundedAsking } from './ask-mdm.ts'
import { type IntuneAction, IntuneService } from './intune-service.ts'
import type { IntuneConfig } from './scep-config.ts'

const callerInfo = 'Sallyport'
/** E_FAIL: what Intune shows beside the words. */
const failed = 0x8000_4005
const maxDescription = 255

/**
 * Has Microsoft Intune say whether it made a challenge, and for this very request; then tells it what was
 * issued, or why nothing was. A notification that cannot be sent holds nobody's certificate back: it is logged,
 * and Intune shows the device as without one until it reports itself.
 */
export function intuneJudge(config: IntuneConfig, secret: string): ChallengeJudge {
  const service = new IntuneService(config, secret)
  const ask = boundedAsking('Intune')
  return async ({ now, log, metrics }, asked) => {
    const base = baseOf(asked)
    const act = (action: IntuneAction, message: Readonly<Record<string, unknown>>) =>
      ask((signal) => service.act(action, message, { signal, now: now() }))
    const code = await act('validateRequest', { request: base })
    if (code !== 'Success') {
      throw new Problem('mdm_challenge_refused', {
        expected: 'Success of Intune',
        found: code.slice(0, 100),
      })
    }
    return {
      authorizedBy: 'intune',
      async tell(outcome) {
        const { action, said } = notificationOf(outcome)
        try {
          await act(action, { notification: { ...base, ...said } })
        } catch (error) {
          log.warn({ err: error, transactionId: asked.transactionId }, 'Intune was not told')
          const help = 'Outcomes of enrolments that could not be told to who vouched for them'
          metrics.count('sallyport_authority_mdm_untold_total', help, { app: asked.appId })
        }
      },
    }
  }
}

function baseOf({ transactionId, request }: ChallengedRequest) {
  return {
    transactionId,
    certificateRequest: request.der.toString('base64'),
    callerInfo,
  }
}

function notificationOf(outcome: ChallengeOutcome): {
  action: IntuneAction
  said: Readonly<Record<string, unknown>>
} {
  if ('refused' in outcome) {
    const { code, message } = outcome.refused
    const errorDescription = `${code}: ${message}`.slice(0, maxDescription)
    return { action: 'failureNotification', said: { hResult: failed, errorDescription } }
  }
  const { certificate, issuer } = outcome.issued
  return {
    action: 'successNotification',
    said: {
      // Windows names certificates by their SHA-1.
      certificateThumbprint: createHash('sha1').update(certificate.der).digest('hex').toUpperCase(),
      certificateSerialNumber: certificate.serial,
      certificateExpirationDateUtc: new Date(certificate.not_after).toISOString(),
      issuingCertificateAuthority: issuer,
    },
  }
}
