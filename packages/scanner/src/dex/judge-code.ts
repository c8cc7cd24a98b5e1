import type { AppPackage } from '../app-package.ts'
import type { Judge } from '../detector.ts'
import type { Facts } from '../facts.ts'
import type { Confidence, Finding, Severity } from '../finding.ts'
import type { CodeShape } from './code-facts.ts'
import { codeShapes, type ShapeMeaning } from './code-shapes.ts'
import { codeLines } from './reproduce-code.ts'
import { type Library, libraryOf } from './libraries.ts'

/** What shapes of code mean: whose code it is, and whether anything uses it, decides how much. */
export const judgeCode: Judge = function* (facts, { app }) {
  const byIdentity = new Map<string, CodeShape[]>()
  const permissions = permissionsOf(facts)
  for (const shape of facts.codeShapes) {
    if (isPowerless(shape, permissions)) continue
    const identity = `${shape.shape} ${outerClass(shape.owner)} ${saysSubject(shape) ? shape.subject : ''}`
    const same = byIdentity.get(identity)
    if (same === undefined) byIdentity.set(identity, [shape])
    else same.push(shape)
  }
  const users = usersOf(facts)
  for (const [identity, shapes] of byIdentity) {
    const finding = findingOf(shapes, identity, users, app)
    if (finding !== undefined) yield finding
  }
}

/** What the manifests ask for; undefined of a library, whose app is not known. */
function permissionsOf({ androidApps }: Facts): ReadonlySet<string> | undefined {
  const manifests = androidApps.flatMap((each) => each.manifests)
  if (manifests.length === 0) return undefined
  return new Set(manifests.flatMap((each) => each.permissions.map(({ name }) => name)))
}

/** Code of a library, most of the time, that the app gave no permission to do anything. */
function isPowerless({ shape }: CodeShape, permissions: ReadonlySet<string> | undefined): boolean {
  const { needs } = codeShapes[shape]
  if (needs === undefined || permissions === undefined) return false
  return !needs.some((name) => permissions.has(name))
}

/** What a finding does not say does not make two of it: a class that writes three files is told once. */
function saysSubject({ shape }: CodeShape): boolean {
  const { title, detail } = codeShapes[shape]
  return `${title}${detail}`.includes('{subject}')
}

/** Other classes that use a class, by its descriptor: names of their methods. */
function usersOf({ typeUses }: Facts): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>()
  for (const { by } of typeUses) {
    for (const [descriptor, methods] of by) {
      const others = users.get(descriptor)
      if (others === undefined) users.set(descriptor, [...methods])
      else others.push(...methods)
    }
  }
  return users
}

function findingOf(
  shapes: readonly CodeShape[],
  identity: string,
  users: ReadonlyMap<string, readonly string[]>,
  app: Pick<AppPackage, 'id' | 'targetSdk'>,
): Finding | undefined {
  const [first] = shapes
  if (first === undefined) return undefined
  const meaning = codeShapes[first.shape]
  if (harmless.has(first.owner)) return undefined
  const library = libraryOf(first.owner, app.id)
  const use =
    meaning.isAClass === true
      ? useOf(shapes, users, library)
      : library === undefined
        ? targeting(meaning, Number(app.targetSdk))
        : undefined
  // What a library does with what it is given is for its makers; what it switches off is told by who uses that.
  if (use === undefined) return undefined
  const words = (text: string) =>
    text
      .replaceAll('{class}', () => sourceName(first.owner))
      .replaceAll('{subject}', () => sourceName(first.subject))
  const classes = [...new Set(shapes.map(({ owner }) => sourceName(owner)))].slice(0, maxListed)
  const others = classes.length > 1 ? `So do ${classes.slice(1).join(', ')}.` : ''
  return {
    rule: meaning.rule,
    ...severityOf(use.severity ?? meaning.severity),
    ...(meaning.fix === undefined ? {} : { fix: meaning.fix }),
    confidence: use.confidence ?? meaning.confidence,
    title: words(meaning.title),
    detail: [words(meaning.detail), others, use.detail, originOf(first.owner, library, app.id)]
      .filter((text) => text !== '')
      .join(' '),
    ...reproduced(first),
    locations: shapes.slice(0, maxListed).map(({ location }) => location),
    identity,
    facts: { classes, ...(use.by === undefined ? {} : { usedBy: use.by }) },
  }
}

function reproduced({ location }: CodeShape): { reproduce?: readonly string[] } {
  const lines = codeLines(location)
  return lines.length === 0 ? {} : { reproduce: lines }
}

function severityOf(severity: Severity | undefined): { severity?: Severity } {
  return severity === undefined ? {} : { severity }
}

/** Classes and locations of one finding. */
const maxListed = 20

type Use = {
  readonly severity?: Severity
  readonly confidence?: Confidence
  readonly detail: string
  readonly by?: string
}

/** What the platform makes of it, for the API level that the app targets. */
function targeting({ since }: ShapeMeaning, targetSdk: number): Use {
  return since !== undefined && targetSdk >= since.targetSdk ? since : { detail: '' }
}

/** Classes that look like it, and are used where it does no harm. */
const harmless = new Set([
  // Handed to Conscrypt, which wants one; OkHttp checks names itself.
  'Lokhttp3/internal/platform/ConscryptPlatform$DisabledHostnameVerifier;',
])

/** Whether anything makes the class, and whether that is more than the library that it belongs to. */
function useOf(
  shapes: readonly CodeShape[],
  users: ReadonlyMap<string, readonly string[]>,
  library: Library | undefined,
): Use {
  const by = shapes.flatMap(({ owner }) => users.get(owner) ?? [])
  const outside = by.filter((user) => library === undefined || !user.startsWith(library.prefix))
  const [user] = outside.length > 0 ? outside : by
  if (user === undefined) {
    return {
      severity: library === undefined ? 'low' : 'info',
      confidence: 'tentative',
      detail: `Nothing in the package makes one by name${library === undefined ? '' : `, and it came with ${library.name}`}: it may be left over, or be made by reflection.`,
    }
  }
  const name = methodName(user)
  if (library !== undefined && outside.length === 0) {
    return {
      severity: 'info',
      confidence: 'tentative',
      detail: `It came with ${library.name}, and only that uses it (${name}): whether the app asks for it, this cannot tell.`,
      by: name,
    }
  }
  return { detail: `It is made in ${name}.`, by: name }
}

/** Where a class has a package of its own, that of the app or another. Obfuscation leaves none, or short ones. */
function originOf(
  descriptor: string,
  library: Library | undefined,
  appId: string | undefined,
): string {
  const [first = '', second = '', ...rest] = descriptor.slice(1).split('/')
  const isTold = library === undefined && appId !== undefined && rest.length > 0
  if (!isTold || second.length < 3 || appId.startsWith(`${first}.${second}`)) return ''
  return `Its package is not the app’s (${appId}): it may have come with a library.`
}

/** `Lcom/bank/Tls$1;` → `Lcom/bank/Tls;`: numbers of inner classes change from build to build. */
function outerClass(descriptor: string): string {
  return descriptor.replace(/\$.*;$/, ';')
}

/** `Lcom/bank/Tls$1;` → `com.bank.Tls$1` */
function sourceName(descriptor: string): string {
  return /^L.*;$/.test(descriptor) ? descriptor.slice(1, -1).replaceAll('/', '.') : descriptor
}

/** `Lcom/bank/Tls;->open(…)V` → `com.bank.Tls.open`; of a user that names no method, as JVM classes do, the class. */
function methodName(user: string): string {
  const [owner = '', rest = ''] = user.split('->')
  const [name = ''] = rest.split('(')
  return name === '' ? sourceName(owner) : `${sourceName(owner)}.${name}`
}
