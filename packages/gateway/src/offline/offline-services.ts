import type { AddressPlan } from '../addresses/address-plan.ts'
import { AddressKeeper } from '../addresses/address-keeper.ts'
import { SharedAddresses } from '../addresses/shared-addresses.ts'
import { compileGrants } from '../access/grants.ts'
import type { Plan } from '../configuration/plan.ts'
import { mainOwner } from '../counters/counter-memory.ts'
import type { Counters } from '../counters/counters.ts'
import { DeviceStatus } from '../status/device-status.ts'
import { statusCode, statusKey } from '../status/status-code.ts'
import { statusControl } from '../status/status-control.ts'
import { createStatusTable } from '../status/status-table.ts'
import type { Log } from '../log/log.ts'
import { workerTrust } from '../worker/worker-trust.ts'
import { createServices, type Services } from '../worker/services.ts'
import type { OfflineDevice } from './offline-request.ts'

export type OfflineServices = {
  readonly services: Services
  /** Makes the status of a device known, as the feed would. */
  readonly know: (device: OfflineDevice) => void
}

/** What stages share, without an authority: its news are fresh, and say what was described. */
export async function offlineServices(plan: Plan, lists: AddressPlan): Promise<OfflineServices> {
  const control = statusControl()
  control.setSnapshot()
  control.setHeard(0)
  const table = createStatusTable(1_000)
  const status = new DeviceStatus(control, table.buffer, plan.status)
  const addresses = await offlineAddresses(lists)
  const trust = { issuers: [], revision: 0, ticketSecret: new Uint8Array(32) }
  const options = {
    status,
    counters,
    addresses,
    trust: workerTrust(trust, plan.allowDevelopment),
    log,
    previous: undefined,
  }
  return {
    // No identity provider is asked: users are given.
    services: {
      ...createServices({ ...plan, identityProviders: {}, counters: nothingShared }, options),
      grantsOf: compileGrants(plan.access.roles, plan.identityProviders),
    },
    know: (device) => {
      table.set(statusKey('device', device.id), statusCode('device', device.status))
      control.raiseVersion()
    },
  }
}

const note = (): void => {}
const log: Log = { debug: note, info: note, warn: note, error: note }

/** The lists of the configuration and its files. What would be fetched is not there. */
async function offlineAddresses({ lists }: AddressPlan): Promise<SharedAddresses> {
  const keeper = new AddressKeeper({
    log,
    directory: '',
    onTables: note,
  })
  await keeper.use({ lists, fetched: [] })
  keeper.close()
  return new SharedAddresses(keeper.tables, keeper.blocks, mainOwner)
}

const nothingShared = { redis: undefined, whenAway: 'local' } as const

/** No stage that counts is run: what it says depends on what came before. */
const counters: Counters = {
  keyOf: uncounted,
  once: uncounted,
  take: uncounted,
  giveBack: uncounted,
  forget: uncounted,
  remembers: uncounted,
  remember: uncounted,
}

function uncounted(): never {
  throw new TypeError('nothing is counted offline')
}
