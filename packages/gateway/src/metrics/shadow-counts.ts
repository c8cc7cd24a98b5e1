import { addToSketch, type DeviceSketch, emptySketch, mergeSketch } from '@sallyport/wire'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'

/** As the authority takes it, but for the sketch, which is bytes. */
export type CountedShadow = {
  readonly host: string
  readonly route: string
  readonly stage: string
  readonly code: string
  readonly appId: string
  readonly platform: string
  readonly appVersion: string
  requests: number
  readonly devices: DeviceSketch
}

/** Beyond so many combinations, versions of apps are counted together. */
const maxCounted = 2_000
const otherVersions = 'other'

/**
 * What stages in mode shadow would have refused, counted exactly: by route, stage, reason and version of
 * the app, and beside it all requests of the same routes.
 */
export class ShadowCounts {
  #counted = new Map<string, CountedShadow>()

  /** @param isWatched whether the route has a stage that may let through what it would refuse */
  count(request: GatewayRequest, isWatched: boolean): void {
    const { shadowed } = request
    if (isWatched) this.#add(request, '', '')
    if (shadowed === undefined) return
    for (const { stage, refusal } of shadowed) this.#add(request, stage, refusal.code)
  }

  /** What was counted since the last time. */
  take(): CountedShadow[] {
    if (this.#counted.size === 0) return []
    const taken = [...this.#counted.values()]
    this.#counted = new Map()
    return taken
  }

  /** Adds what was counted elsewhere, or could not be delivered. */
  put(counts: readonly CountedShadow[]): void {
    for (const { requests, devices, ...facts } of counts) {
      const row = this.#row(facts)
      row.requests += requests
      mergeSketch(row.devices, devices)
    }
  }

  #add({ host, route, caller }: GatewayRequest, stage: string, code: string): void {
    const leaf = caller.currentLeaf()
    const device = leaf?.device
    const facts = {
      host: host.plan.name,
      route: route?.plan.name ?? '',
      stage,
      code,
      appId: device?.appId ?? '',
      platform: device?.facts?.platform ?? '',
      appVersion: device?.facts?.appVersion ?? '',
    }
    const row = this.#row(facts)
    row.requests++
    // The key of the status table is a hash of the device id already.
    if (leaf?.device !== undefined) addToSketch(row.devices, leaf.keys.device[0] ?? 0)
  }

  #row(facts: Omit<CountedShadow, 'requests' | 'devices'>): CountedShadow {
    const known = this.#counted.get(keyOf(facts))
    if (known !== undefined) return known
    if (this.#counted.size >= maxCounted && facts.appVersion !== otherVersions) {
      return this.#row({ ...facts, appVersion: otherVersions })
    }
    const row = { ...facts, requests: 0, devices: emptySketch() }
    this.#counted.set(keyOf(facts), row)
    return row
  }
}

function keyOf(facts: Omit<CountedShadow, 'requests' | 'devices'>): string {
  const { host, route, stage, code, appId, platform, appVersion } = facts
  return `${host}\n${route}\n${stage}\n${code}\n${appId}\n${platform}\n${appVersion}`
}
