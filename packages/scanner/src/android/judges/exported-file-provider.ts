import type { AppPackage } from '../../app-package.ts'
import type { Judge } from '../../detector.ts'
import type { Finding } from '../../finding.ts'
import type { AndroidApp } from '../android-app.ts'
import type { Component } from '../manifest/manifest.ts'
import { valueText } from '../resources/resource-value.ts'
import { childElements, plainAttribute, type XmlElement } from '../xml/xml-element.ts'
import { identityOf } from './identity.ts'

const pathsMetaData = 'android.support.FILE_PROVIDER_PATHS'

/** Providers are exported where they do not say otherwise, below this target SDK. */
const unexportedFrom = 17

/** Paths that are all of what lies there. */
const everything = new Set(['', '.', './', '/'])

/** What a whole root comes to. Others hold what the app puts there to be shared. */
const wideRoots: Readonly<Record<string, { severity: 'medium' | 'low' | 'info'; what: string }>> = {
  'root-path': {
    severity: 'medium',
    what: 'every file of the device that the app can read, its own private ones included',
  },
  'files-path': { severity: 'low', what: 'every private file of the app' },
  'external-path': { severity: 'info', what: 'all shared storage' },
}

/** Providers of files that other apps can ask without being given an address, or that share too much. */
export const exportedFileProvider: Judge = function* ({ androidApps }, about) {
  for (const app of androidApps) {
    const seen = new Set<string>()
    for (const provider of app.manifests.flatMap((each) => each.components)) {
      if (provider.kind !== 'provider' || !provider.isEnabled || seen.has(provider.name)) continue
      if (!isOfFiles(provider)) continue
      seen.add(provider.name)
      if (isOpen(provider, app)) yield exported(provider, app, about.app)
      yield* widePaths(provider, app, about.app)
    }
  }
}

function isOfFiles({ name, metaData }: Component): boolean {
  return name.endsWith('FileProvider') || metaData.some((each) => each.name === pathsMetaData)
}

function isOpen(provider: Component, { targetSdk }: AndroidApp): boolean {
  const isExported = provider.exported ?? targetSdk < unexportedFrom
  return (
    isExported && (provider.readPermission === undefined || provider.writePermission === undefined)
  )
}

function exported(
  provider: Component,
  { base, targetSdk }: AndroidApp,
  about: AppPackage,
): Finding {
  const why =
    provider.exported === undefined
      ? `targetSdk ${targetSdk} exports providers that do not say otherwise`
      : 'it says android:exported="true"'
  const crash = /^(?:androidx\.core\.content|android\.support\.v4\.content)\.FileProvider$/.test(
    provider.name,
  )
    ? ' This class refuses that: the app ends at its start with a SecurityException.'
    : ''
  return {
    rule: 'exported-file-provider',
    confidence: 'certain',
    title: `${provider.name} is exported without a permission`,
    detail: `Every app on the device can ask it for ${provider.authorities.join(', ') || 'its files'}, because ${why} and no permission is asked for reading and writing.${crash}`,
    locations: [provider.location],
    identity: identityOf(about, base.packageName, provider.name),
    facts: { authorities: provider.authorities },
  }
}

function* widePaths(provider: Component, app: AndroidApp, about: AppPackage): Generator<Finding> {
  for (const { value } of provider.metaData.filter((each) => each.name === pathsMetaData)) {
    for (const { root, path } of app.xml(value)) {
      for (const element of childElements(root)) {
        const wide = Object.hasOwn(wideRoots, element.name) ? wideRoots[element.name] : undefined
        if (wide === undefined || !everything.has(pathOf(element))) continue
        yield {
          rule: 'exported-file-provider',
          severity: wide.severity,
          confidence: 'certain',
          title: `${provider.name} can share ${wide.what}`,
          detail: `Its paths hold <${element.name} path="${pathOf(element)}">, so that an address can be made for ${wide.what}. Whatever lets another app choose the path hands it out.`,
          locations: [
            { path, offset: element.offset, within: `<${element.name}>` },
            provider.location,
          ],
          identity: identityOf(about, app.base.packageName, `${provider.name} ${element.name}`),
        }
      }
    }
  }
}

function pathOf(element: XmlElement): string {
  const value = plainAttribute(element, 'path')?.value
  return value === undefined ? '' : valueText(value)
}
