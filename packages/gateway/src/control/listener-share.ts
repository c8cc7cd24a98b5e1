import type { ListenerPlan } from '../configuration/listener-plan.ts'
import type { Log } from '../log/log.ts'
import type { ListenAddress } from '../worker/messages.ts'

/** The listeners of one worker: all ports, which the kernel shares among threads, and its part of the Unix sockets. */
export function listenersOf(
  worker: number,
  workers: number,
  addresses: readonly ListenAddress[],
): ListenAddress[] {
  let sockets = 0
  return addresses.filter((address) => !('path' in address) || sockets++ % workers === worker)
}

/** Says of each listener that takes requests without TLS over a network that it does. */
export function warnOfPlainListeners(listeners: readonly ListenerPlan[], log: Log): void {
  for (const { name, isPlain } of listeners) {
    if (!isPlain || name.startsWith('unix:')) continue
    log.warn(
      { name: 'insecurePlainHttp', listen: name },
      'insecure: whoever is between the proxy and this listener sees and changes everything',
    )
  }
}
