import type { FoundDecision } from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import type { DecisionRecord } from '@sallyport/wire'
import Type from 'typebox'

/** The members that are looked at. The rest of the file is the gateway's to check. */
type Looked = { gateway?: { name?: string; operations?: { listen?: string } } }

/**
 * A decision that the gateway of the configuration file made just now: refusals reach the authority
 * within five seconds, requests that were let through never. Undefined where that gateway does not know
 * it, or does not run on this machine.
 */
export async function localDecision(file: string, id: string): Promise<FoundDecision | undefined> {
  const { gateway } = readConfig<Looked>(file, Type.Object({})).value
  const listen = gateway?.operations?.listen
  if (listen === undefined) return undefined
  try {
    const url = `http://${listen}/decisions/${encodeURIComponent(id)}`
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
    if (!response.ok) {
      await response.body?.cancel()
      return undefined
    }
    const decision = (await response.json()) as DecisionRecord
    return { source: gateway?.name ?? 'the gateway', decision }
  } catch {
    // No gateway runs here: what the authority knows is all there is.
    return undefined
  }
}
