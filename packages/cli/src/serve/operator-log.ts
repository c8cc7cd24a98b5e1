import { type Logger, pino } from 'pino'

/** The operator's log: one JSON object a line on stderr, since stdout is for data such as access lines. */
export function operatorLog(role: string): Logger {
  return pino(
    { base: { role }, timestamp: pino.stdTimeFunctions.isoTime },
    // Written at once: what a process said before it was killed is what one wants to read.
    pino.destination({ fd: 2, sync: true }),
  )
}
