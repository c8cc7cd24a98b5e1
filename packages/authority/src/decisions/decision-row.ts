import { supportCode } from '@sallyport/problem'
import type { DecisionRecord } from '@sallyport/wire'
import type { DecisionRow } from '../store/tables.ts'

/** A decision as it is kept. `source` is the name of the gateway, or `authority`. */
export function decisionRow(source: string, decision: DecisionRecord): DecisionRow {
  return {
    request_id: decision.requestId,
    support_code: supportCode(decision.requestId),
    at: decision.at,
    source,
    address: decision.address,
    code: decision.code ?? null,
    device_id: decision.deviceId ?? null,
    body: JSON.stringify(decision),
  }
}
