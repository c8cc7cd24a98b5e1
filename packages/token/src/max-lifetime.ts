/** `maxLifetimeHours` by default. Not with the schema: gateways load this, and no validator. */
export const maxLifetimeHoursByDefault = 24
