import type { Finding } from '../../finding.ts'
import { dayOf } from '../../in-words.ts'
import type { Sink } from '../../sink.ts'
import type { AndroidApp } from '../android-app.ts'
import { valueText } from '../resources/resource-value.ts'
import type { AndroidXml } from '../roots.ts'
import { effectivePolicy } from './effective-policy.ts'
import { ConfigurationCrash, type NetworkSecurityConfig } from './network-security-config.ts'
import { parseNetworkSecurityConfig } from './parse-network-security-config.ts'

/**
 * The policy of an application, one for each configuration it ships for different devices, and its pins as facts.
 * A file that the platform would not parse is a finding; one that cannot be found leaves the policy unknown.
 */
export function tellNetworkPolicies(app: AndroidApp, sink: Sink): void {
  const setting = app.base.networkSecurityConfig
  if (setting === undefined) {
    sink.fact('networkPolicies', effectivePolicy(app, undefined))
    return
  }
  const files = app.xml(setting.value)
  if (files.length === 0) {
    const what = `the network security configuration ${valueText(setting.value)}`
    sink.notChecked(
      app.base.path,
      `${what} was not found: which connections are allowed is unknown`,
    )
  }
  for (const file of files) {
    try {
      const policy = effectivePolicy(app, parse(app, file))
      sink.fact('networkPolicies', policy)
      for (const { host, includesSubdomains, pinSet } of policy.hosts) {
        if (pinSet === undefined) continue
        const { pins, expiresAt, location } = pinSet
        sink.fact('pins', {
          source: 'android-nsc',
          host,
          includesSubdomains,
          pins,
          ...(expiresAt === undefined ? {} : { expiresAt: dayOf(expiresAt) }),
          isEnforced: true,
          location,
        })
      }
    } catch (error) {
      if (!(error instanceof ConfigurationCrash)) throw error
      sink.report(crash(error))
    }
  }
}

/** Debuggable builds may have their overrides in a file of their own, which is then parsed as well. */
function parse(app: AndroidApp, { root, path }: AndroidXml): NetworkSecurityConfig {
  const isDebuggable = app.base.debuggable?.value === true
  const config = parseNetworkSecurityConfig(root, path, isDebuggable)
  const setting = app.base.networkSecurityConfig
  const name = setting && app.nameOf(setting.value)
  if (!isDebuggable || config.debug || name === undefined) return config
  const [separate] = app.xmlNamed(`${name}_debug`)
  if (separate === undefined) return config
  return { ...config, debug: parseNetworkSecurityConfig(separate.root, separate.path, true).debug }
}

function crash({ message, location }: ConfigurationCrash): Finding {
  return {
    rule: 'pin-set-invalid',
    confidence: 'certain',
    title: `The network security configuration does not parse: ${message}`,
    detail: `Android throws at the app's first connection, and the app ends: ${message}. The file is read then and not at installation, so it passes the build and the store.`,
    locations: [location],
    identity: message,
  }
}
