import type { Judge } from '../../detector.ts'
import type { Location } from '../../finding.ts'
import type { MachO } from '../../native/mach-o/mach-o.ts'
import { memberOf, textOf } from '../../plist/plist-value.ts'
import {
  alwaysAccessible,
  otherAccessible,
  protectedFiles,
  unprotectedFiles,
} from '../watched-names.ts'

const defaultProtection = 'com.apple.developer.default-data-protection'
/** Who names so many of the other classes hands out whichever it is asked for. */
const allClasses = 3

/** Programs that name the classes of the keychain which keep items open. */
export const keychainAccess: Judge = function* ({ machOs }) {
  for (const { machO, name, location } of importsOf(machOs, alwaysAccessible)) {
    const others = otherAccessible.filter((each) => machO.traces.import.has(each)).length
    const isWrapper = others >= allClasses
    yield {
      rule: 'keychain-always-accessible',
      confidence: isWrapper ? 'tentative' : 'firm',
      title: `${fileName(machO)} uses ${name.slice(1)}`,
      detail: isWrapper
        ? `It names ${others} of the other classes too, as libraries do that let their callers choose: see what is chosen.`
        : 'It names it, and hardly another class: items are likely to be stored with it.',
      locations: [location],
      identity: `${fileName(machO)} ${name}`,
      facts: { constant: name.slice(1) },
    }
  }
}

/** Programs that name the protection which is none, or have it as their default. */
export const fileProtection: Judge = function* ({ machOs }) {
  for (const { machO, name, location } of importsOf(machOs, unprotectedFiles)) {
    const others = protectedFiles.filter((each) => machO.traces.import.has(each)).length
    const isWrapper = others >= allClasses
    yield {
      rule: 'file-protection-none',
      ...(isWrapper ? { severity: 'info' as const } : {}),
      confidence: 'tentative',
      title: `${fileName(machO)} uses ${name.slice(1)}`,
      detail: isWrapper
        ? `It names ${others} of the other classes too, as libraries do that let their callers choose: see what is chosen.`
        : 'It names it. Which files are written with it cannot be told from that.',
      locations: [location],
      identity: `${fileName(machO)} ${name}`,
      facts: { constant: name.slice(1) },
    }
  }
  for (const { path, signature } of machOs) {
    const values = signature?.entitlements.map((each) => textOf(memberOf(each, defaultProtection)))
    if (values?.includes('NSFileProtectionNone') !== true) continue
    yield {
      rule: 'file-protection-none',
      confidence: 'certain',
      title: 'Files of the app are without data protection by default',
      detail: `The entitlement ${defaultProtection} is NSFileProtectionNone.`,
      locations: [{ path, within: defaultProtection }],
      identity: `${defaultProtection} ${signature?.identifier ?? path}`,
    }
  }
}

type Import = { readonly machO: MachO; readonly name: string; readonly location: Location }

/** Each of these names that is imported, with its place in the file. */
function* importsOf(machOs: readonly MachO[], names: readonly string[]): Generator<Import> {
  for (const machO of machOs) {
    for (const name of names) {
      const at = machO.traces.import.get(name)
      if (at === undefined) continue
      yield { machO, name, location: { path: machO.path, offset: machO.offset + at, within: name } }
    }
  }
}

function fileName({ path }: MachO): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
