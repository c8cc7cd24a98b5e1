import Type from 'typebox'

const optionalTime = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const optionalText = Type.Union([Type.String(), Type.Null()])

export const WebhookParams = Type.Object({ name: Type.String({ maxLength: 63 }) })

export const AdminWebhook = Type.Object({
  name: Type.String(),
  /** `unconfigured`: nothing is sent, and what happens waits for its return. */
  status: Type.Enum(['active', 'failing', 'disabled', 'unconfigured']),
  /** Where it is called: without path and query, which may hold secrets. */
  origin: optionalText,
  events: Type.Array(Type.String()),
  apps: Type.Union([Type.Array(Type.String()), Type.Null()]),
  /** Rows of the audit log that it was not yet held against. */
  waitingRows: Type.Integer(),
  since: Type.String({ format: 'date-time' }),
  lastDeliveredAt: optionalTime,
  failures: Type.Integer(),
  failingSince: optionalTime,
  nextAttemptAt: optionalTime,
  lastError: optionalText,
  disabledAt: optionalTime,
  disabledBy: optionalText,
  /** Why it is disabled. */
  disabledReason: optionalText,
  /** How far it was told of each chain. */
  cursors: Type.Array(
    Type.Object({ chain: Type.String(), after: Type.Integer(), head: Type.Integer() }),
  ),
})

export const WebhookList = Type.Object({ webhooks: Type.Array(AdminWebhook) })

const closed = { additionalProperties: false }
const reason = Type.Optional(Type.String({ maxLength: 500 }))

export const RetryWebhook = Type.Object(
  {
    reason,
    /** Sends again what came after this row of a chain. */
    from: Type.Optional(
      Type.Object(
        {
          chain: Type.String({ maxLength: 64 }),
          after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        },
        closed,
      ),
    ),
  },
  closed,
)

export const EnableWebhook = Type.Object(
  {
    reason,
    skip: Type.Optional(Type.Boolean({ default: false, description: 'Leaves out what waits' })),
  },
  closed,
)

export const WebhookTested = Type.Object({
  outcome: Type.Enum(['delivered', 'failed', 'gone']),
  /** Of the answer; null where there was none. */
  status: Type.Union([Type.Integer(), Type.Null()]),
  why: optionalText,
  tookMs: Type.Integer(),
})
