import type { AuditRow } from '../audit/audit-log.ts'
import type { Message } from './standard-webhooks.ts'

/** Characters. Receivers bound what they take; rows are far shorter. */
const maxBody = 65_536

/**
 * A row of the audit log as it is sent. Its id is made of the hash of the row: the same however often it is
 * sent, and another one where the log was restored from a backup and went on differently.
 *
 * @param previous number of the event before it that this receiver was sent of the chain; null where none is known
 */
export function eventOf(row: AuditRow, previous: number | null): Message {
  const { chain, seq, at, action, actor, subject, hash } = row
  const { before = null, after = null, ...detail } = row.detail
  const body = (rest: object) =>
    JSON.stringify({
      type: action,
      timestamp: new Date(at).toISOString(),
      data: { chain, seq, previous, hash, appId: appOf(row) ?? null, actor, subject, ...rest },
    })
  const whole = body({ before, after, detail })
  const isTooLong = whole.length > maxBody
  return {
    id: `msg_${hash}`,
    body: isTooLong ? body({ before: null, after: null, detail: { omitted: 'too long' } }) : whole,
  }
}

/** The app that a row is of. */
export function appOf({ detail }: Pick<AuditRow, 'detail'>): string | undefined {
  const appId = detail['appId']
  return typeof appId === 'string' ? appId : undefined
}

/** Whether a row tells that this webhook refused an event: were its refusal told again, there would be no end. */
export function tellsOfSkipping({ action, subject }: AuditRow, webhook: string): boolean {
  return action === 'webhook.event-skipped' && subject === webhook
}

/** An event that is of no row, to try a receiver with. */
export function testEvent(id: string, { chain, now }: { chain: string; now: number }): Message {
  return {
    id: `msg_${id}`,
    body: JSON.stringify({
      type: 'webhook.test',
      timestamp: new Date(now).toISOString(),
      data: {
        chain,
        seq: 0,
        previous: null,
        hash: '',
        appId: null,
        actor: 'authority',
        subject: 'test',
        before: null,
        after: null,
        detail: {},
      },
    }),
  }
}
