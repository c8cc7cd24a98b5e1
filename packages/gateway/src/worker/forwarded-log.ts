import type { Log } from '../log/log.ts'
import type { FromWorker, LogLevel } from './messages.ts'

/** The operator's log of a worker: the main thread writes it. */
export function forwardedLog(send: (message: FromWorker) => void): Log {
  const at = (level: LogLevel) => (fields: object, message: string) =>
    send({ type: 'log', level, fields: { ...fields }, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
