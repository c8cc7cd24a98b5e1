/** The operator's log, as the gateway needs it. A pino logger is one. */
export type Log = {
  readonly [level in 'debug' | 'info' | 'warn' | 'error']: (
    fields: Record<string, unknown>,
    message: string,
  ) => void
}
