import { randomUUID } from 'node:crypto'
import { addressPolicy, createOutgoingClient } from '@sallyport/token'
import { Problem } from '@sallyport/problem'
import type { ChallengeJudge } from './admit-challenge.ts'
import { signMessage } from '../../webhooks/standard-webhooks.ts'
import { boundedAsking, membersOf } from './ask-mdm.ts'
import type { ChallengeWebhook } from './scep-config.ts'

const maxAnswerBytes = 16_384
const maxIdentifierCharacters = 200

/**
 * Asks an MDM whether it handed a challenge out. The request is JSON, signed as Standard Webhooks has it
 * (`webhook-id`, `webhook-timestamp`, `webhook-signature`: `v1,` and HMAC-SHA-256 over `id.timestamp.body` in
 * base64). The answer is status 200 and `{"allow": true}`, with `identifier` where the MDM names the device.
 */
export function webhookJudge(
  { url: text, privateAddresses }: ChallengeWebhook,
  secret: string,
): ChallengeJudge {
  const url = new URL(text)
  const client = createOutgoingClient({ addresses: addressPolicy(privateAddresses, [url]) })
  const ask = boundedAsking(url.host)
  return async ({ now }, { appId, transactionId, request, challenge, caller }) => {
    const body = JSON.stringify({
      type: 'scep.challenge',
      appId,
      transactionId,
      challenge,
      request: request.der.toString('base64'),
      spkiSha256: request.spkiSha256,
      address: caller.address,
      requestId: caller.requestId,
    })
    const headers = signMessage({ id: `msg_${randomUUID()}`, body }, [secret], now())
    const { bytes } = await ask((signal) =>
      client({
        url,
        signal,
        maxBytes: maxAnswerBytes,
        accept: 'application/json',
        json: body,
        headers,
      }),
    )
    const { allow, identifier } = await ask(() => Promise.resolve(membersOf(bytes)))
    if (allow !== true) {
      throw new Problem('mdm_challenge_refused', {
        expected: `a challenge that ${url.host} handed out`,
        found: 'another',
      })
    }
    return {
      authorizedBy: 'webhook',
      ...(typeof identifier === 'string'
        ? { identifier: printable(identifier).slice(0, maxIdentifierCharacters).toWellFormed() }
        : {}),
    }
  }
}

/** NUL is in no text that PostgreSQL keeps, and no device is called by what nobody sees. */
const printable = (text: string): string => text.replaceAll(/\p{C}/gu, '')
