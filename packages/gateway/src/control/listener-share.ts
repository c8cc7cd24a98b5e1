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
