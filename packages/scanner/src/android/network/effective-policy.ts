import type { Location } from '../../finding.ts'
import type { AndroidApp } from '../android-app.ts'
import type { Decision, HostPolicy, NetworkPolicy } from './network-policy.ts'
import type {
  ConfigEntry,
  ConfiguredPinSet,
  NetworkSecurityConfig,
  TrustAnchors,
} from './network-security-config.ts'

/** API levels from which the platform says no by itself (`NetworkSecurityConfig.getDefaultBuilder`). */
const noCleartextFrom = 28
const noUserAnchorsFrom = 24

/**
 * Joins manifest, configuration and what the platform does by itself, as on a device that runs the target SDK or a
 * later one. Where a configuration is read, `usesCleartextTraffic` is not.
 *
 * @param config undefined: there is none
 */
export function effectivePolicy(
  app: AndroidApp,
  config: NetworkSecurityConfig | undefined,
): NetworkPolicy {
  const manifest: Location = { path: app.base.path }
  const decide = {
    cleartext: (entry: ConfigEntry | undefined) => cleartextOf(app, config, entry, manifest),
    anchors: (entry: ConfigEntry | undefined) => anchorsOf(app, config, entry, manifest),
  }
  const others = {
    cleartext: decide.cleartext(config?.base),
    anchors: decide.anchors(config?.base),
    pinSet: undefined,
    location: config?.base?.location ?? manifest,
  }
  return {
    packageName: app.base.packageName,
    minSdk: app.minSdk,
    mayConnect: mayConnect(app),
    configPath: config?.path,
    usesCleartextTraffic: app.base.usesCleartextTraffic?.value,
    others,
    hosts: (config?.domains ?? []).flatMap((entry) => {
      const cleartext = decide.cleartext(entry)
      const anchors = decide.anchors(entry)
      const pinSet = pinSetOf(entry)
      return entry.domains.map(
        ({ host, includesSubdomains, location }): HostPolicy => ({
          host,
          includesSubdomains,
          cleartext,
          anchors,
          pinSet,
          location,
        }),
      )
    }),
  }
}

/** The entry, those around it, then the base: the first that says something counts. */
function* ancestry(
  entry: ConfigEntry | undefined,
  config: NetworkSecurityConfig | undefined,
): Generator<ConfigEntry> {
  for (let at = entry; at; at = at.parent) yield at
  if (config?.base && entry?.kind !== 'base-config') yield config.base
}

/** Without the permission no socket is opened. */
export function mayConnect({ manifests }: Pick<AndroidApp, 'manifests'>): boolean {
  return manifests.some(({ permissions }) =>
    permissions.some(({ name }) => name === 'android.permission.INTERNET'),
  )
}

function cleartextOf(
  { base, targetSdk }: AndroidApp,
  config: NetworkSecurityConfig | undefined,
  entry: ConfigEntry | undefined,
  manifest: Location,
): Decision<boolean> {
  for (const { cleartext, kind } of ancestry(entry, config)) {
    if (cleartext === undefined) continue
    const { value, location } = cleartext
    const because = `<${kind}> says cleartextTrafficPermitted="${value}"`
    return { value, location, because, isDefault: false }
  }
  if (config === undefined && base.usesCleartextTraffic !== undefined) {
    const { value, location } = base.usesCleartextTraffic
    const because = `the manifest says android:usesCleartextTraffic="${value}"`
    return { value, location, because, isDefault: false }
  }
  const value = targetSdk < noCleartextFrom
  const verb = value ? 'allows' : 'forbids'
  const because = `targetSdk ${targetSdk} ${verb} it and no configuration says otherwise`
  return { value, because, location: manifest, isDefault: true }
}

function anchorsOf(
  { targetSdk }: AndroidApp,
  config: NetworkSecurityConfig | undefined,
  entry: ConfigEntry | undefined,
  manifest: Location,
): Decision<readonly TrustAnchors[]> {
  const forDebugging = config?.debug?.anchors ?? []
  for (const { anchors, kind, location } of ancestry(entry, config)) {
    if (anchors === undefined) continue
    const listed = [...new Set(anchors.map(({ source }) => source))].join(' and ') || 'no'
    const because = `<${kind}> lists ${listed} certificates`
    return { value: [...anchors, ...forDebugging], because, location, isDefault: false }
  }
  const sources =
    targetSdk < noUserAnchorsFrom ? (['system', 'user'] as const) : (['system'] as const)
  const defaults = sources.map((source) => ({
    source,
    overridesPins: false,
    isForDebugging: false,
    location: manifest,
  }))
  const because = `targetSdk ${targetSdk} trusts ${sources.join(' and ')} certificates and no configuration says otherwise`
  return { value: [...defaults, ...forDebugging], because, location: manifest, isDefault: true }
}

function pinSetOf(entry: ConfigEntry): ConfiguredPinSet | undefined {
  for (let at: ConfigEntry | undefined = entry; at; at = at.parent) if (at.pinSet) return at.pinSet
  return undefined
}
