import Type from 'typebox'

// What stages in mode shadow would have refused, as the admin API tells it.

const Time = Type.String({ format: 'date-time' })
const Share = Type.Object({
  requests: Type.Integer(),
  /** Of so many in all; null where these were not counted. */
  ofRequests: Type.Union([Type.Integer(), Type.Null()]),
  /** Different devices, right within some seven percent. 0 where no device was known. */
  devices: Type.Integer(),
  ofDevices: Type.Union([Type.Integer(), Type.Null()]),
})

export const ShadowReport = Type.Object({
  since: Time,
  until: Time,
  reasons: Type.Array(
    Type.Object({
      host: Type.String(),
      /** Empty where no route matched. */
      route: Type.String(),
      stage: Type.String(),
      code: Type.String(),
      wouldBeRefused: Share,
      byAppVersion: Type.Array(
        Type.Object({
          appId: Type.String(),
          platform: Type.String(),
          appVersion: Type.String(),
          wouldBeRefused: Share,
        }),
      ),
    }),
  ),
  /** There was more than is read at once: the newest is counted. */
  isTruncated: Type.Boolean(),
})
export type ShadowReport = Type.Static<typeof ShadowReport>

export const ShadowQuery = Type.Object(
  {
    hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 24 * 30 })),
    route: Type.Optional(Type.String({ maxLength: 1_100 })),
    stage: Type.Optional(Type.String({ maxLength: 40 })),
    appId: Type.Optional(Type.String({ maxLength: 63 })),
    top: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  { additionalProperties: false },
)
