import type { DecisionsPlan } from '../decisions/decisions-plan.ts'
import type { ListenAddress, WorkerStart } from '../worker/messages.ts'
import { claimPorts } from './claim-ports.ts'
import { claimDecisionPorts, type DecisionPorts } from './decision-ports.ts'
import { listenersOf } from './listener-share.ts'

/** Where requests and questions for decisions arrive: claimed for this process, and dealt out to its workers. */
export type GatewayPorts = {
  readonly addresses: readonly ListenAddress[]
  readonly decisions: Pick<DecisionPorts, 'addresses' | 'sockets'>
  readonly shareOf: (worker: number) => Pick<WorkerStart, 'listen' | 'sharesPorts' | 'decisions'>
  readonly release: () => Promise<void>
}

/** @throws Problem `port_in_use`; nothing is claimed then */
export async function claimGatewayPorts(
  listen: readonly ListenAddress[],
  plan: DecisionsPlan | undefined,
  workers: number,
): Promise<GatewayPorts> {
  const { addresses, release } = await claimPorts(listen)
  try {
    const decisions = await claimDecisionPorts(plan, workers)
    return {
      addresses,
      decisions,
      shareOf: (worker) => ({
        listen: listenersOf(worker, workers, addresses),
        sharesPorts: workers > 1,
        decisions: decisions.listenersOf(worker),
      }),
      release: async () => {
        await release()
        await decisions.release()
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}
