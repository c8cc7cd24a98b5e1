import type { Judge } from '../../detector.ts'
import type { Confidence, Finding } from '../../finding.ts'
import { listed } from '../../in-words.ts'
import type { MachO } from '../../native/mach-o/mach-o.ts'
import type { TraceKind } from '../../native/mach-o/traces.ts'
import {
  certificateAccess,
  challengeDelegates,
  disablingImports,
  disablingSelectors,
  foreignEvaluations,
  librarySelectors,
  socketLibraries,
  socketSelectors,
  socketSettings,
  suspectImports,
  trustCredentials,
  trustEvaluations,
} from '../watched-names.ts'

const fix =
  'Leave the decision to the platform: take the delegate method out, or call completionHandler(.performDefaultHandling, nil). For a test server, install its CA on the test devices.'

/** Programs that are shaped as those that accept any server: by names alone, so that each says how sure it is. */
export const serverTrust: Judge = function* ({ machOs }) {
  for (const machO of machOs) {
    yield* named(machO, 'selector', disablingSelectors, 'firm', 'It calls or overrides')
    yield* named(machO, 'import', disablingImports, 'firm', 'It uses')
    yield* named(machO, 'import', suspectImports, 'tentative', 'It uses')
    yield* libraryTurnedOff(machO)
    yield* unaskedTrust(machO)
  }
}

function* named(
  machO: MachO,
  kind: TraceKind,
  names: Readonly<Record<string, string>>,
  confidence: Confidence,
  verb: string,
): Generator<Finding> {
  const told = new Set<string>()
  for (const [name, what] of Object.entries(names)) {
    // Several symbols may stand for one thing.
    if (!machO.traces[kind].has(name) || told.has(what)) continue
    told.add(what)
    const title = `uses ${name.replace(/^_/, '')}`
    const finding = found(machO, kind, name, { title, confidence, detail: `${verb} ${what}.` })
    const libraries = socketSettings.has(name) ? socketLibrariesIn(machO) : []
    yield libraries.length === 0 ? finding : ofLibraries(finding, libraries)
  }
}

function socketLibrariesIn({ traces }: MachO): string[] {
  const here = [
    ...Object.entries(socketLibraries).filter(([name]) => traces.class.has(name)),
    ...Object.entries(socketSelectors).filter(([name]) => traces.selector.has(name)),
  ]
  return [...new Set(here.map(([, library]) => library))]
}

function ofLibraries(finding: Finding, libraries: readonly string[]): Finding {
  const detail = `${finding.detail} In the same program is what names it for others (${listed(libraries)}): whether the app asks for it, this cannot tell.`
  return { ...finding, severity: 'info', detail }
}

/** Setters of libraries that are linked from elsewhere: who has the setter and not the class calls it. */
function* libraryTurnedOff(machO: MachO): Generator<Finding> {
  const { selector, class: classes } = machO.traces
  for (const [setter, owner] of Object.entries(librarySelectors)) {
    if (!selector.has(setter) || classes.has(owner)) continue
    const detail = `It calls ${setter} of ${owner}. With which value cannot be told from the name.`
    const title = `calls ${setter} of ${owner}`
    yield found(machO, 'selector', setter, { title, confidence: 'tentative', detail })
  }
}

/**
 * A delegate of challenges that makes a credential of what the server offers, in a program that never asks the
 * platform whether to trust it, nor one of the libraries that ask for it.
 */
function* unaskedTrust(machO: MachO): Generator<Finding> {
  const { selector, import: imports } = machO.traces
  const credential = trustCredentials.find((name) => selector.has(name))
  const isDelegate = challengeDelegates.some((name) => selector.has(name))
  const isAsked =
    trustEvaluations.some((name) => imports.has(name)) ||
    foreignEvaluations.some((name) => selector.has(name))
  if (credential === undefined || !isDelegate || isAsked || machO.isEncrypted) return
  const looksItself = certificateAccess.some((name) => imports.has(name))
  const detail = looksItself
    ? 'It answers challenges of servers with a credential made of their own trust, and looks at their certificates by itself, but never asks the platform whether the chain is valid (SecTrustEvaluateWithError): names, dates and issuers may go unchecked.'
    : 'It answers challenges of servers with a credential made of their own trust, and never asks the platform whether the chain is valid (SecTrustEvaluateWithError): any certificate is accepted.'
  const title = 'accepts servers without asking the platform whether to trust them'
  const confidence = looksItself ? 'tentative' : 'firm'
  yield found(machO, 'selector', credential, { title, confidence, detail })
}

function found(
  machO: MachO,
  kind: TraceKind,
  name: string,
  { title, confidence, detail }: { title: string; confidence: Confidence; detail: string },
): Finding {
  const { path, traces, offset } = machO
  const fileName = path.slice(path.lastIndexOf('/') + 1)
  const at = traces[kind].get(name)
  return {
    rule: 'tls-validation-disabled',
    ...(confidence === 'tentative' ? { severity: 'medium' as const } : {}),
    confidence,
    title: `${fileName} ${title}`,
    detail,
    fix,
    locations: [{ path, ...(at === undefined ? {} : { offset: offset + at }), within: name }],
    identity: `${fileName} ${name}`,
    facts: { name },
  }
}
