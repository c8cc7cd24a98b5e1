import type { DecisionListeners } from '../decisions/decision-door.ts'
import type { DecisionsPlan } from '../decisions/decisions-plan.ts'
import type { Address } from '../worker/messages.ts'
import { claimPorts } from './claim-ports.ts'

/** The listeners for decisions, claimed for this process and dealt out to its workers. */
export type DecisionPorts = {
  readonly addresses: readonly Address[]
  readonly sockets: readonly string[]
  readonly listenersOf: (worker: number) => DecisionListeners | undefined
  readonly release: () => Promise<void>
}

/**
 * Workers share addresses, and cannot share a Unix socket: each socket is one worker's, in turn.
 *
 * @throws Problem `port_in_use`
 */
export async function claimDecisionPorts(
  plan: DecisionsPlan | undefined,
  workers: number,
): Promise<DecisionPorts> {
  const { addresses, release } = await claimPorts((plan?.tls ?? []).map(({ address }) => address))
  const sockets = plan?.sockets ?? []
  const held = await claimPorts(sockets.map((path) => ({ path }))).catch(async (error: unknown) => {
    await release()
    throw error
  })
  return {
    addresses,
    sockets,
    listenersOf: (worker) =>
      plan === undefined
        ? undefined
        : {
            sockets: sockets.filter((_, index) => index % workers === worker),
            addresses,
            sharesPorts: workers > 1,
          },
    release: async () => {
      await held.release()
      await release()
    },
  }
}
